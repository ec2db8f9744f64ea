import type { GroupName } from '../protocol/messages.js';

/** The names of groups of workers that run chunks together. */
export interface Groups {
  /** The name of a group, the same until it is dropped. Ranks in ascending order. */
  nameOf(ranks: readonly number[]): GroupName;
  /** Keeps a name from being forgotten until it is let go, as often as it was taken. */
  hold(name: GroupName): void;
  letGo(name: GroupName): void;
  /** Takes a name out of use: what was made under it is broken. */
  drop(name: GroupName): void;
  /** Takes every name out of use that a worker has a part in, and returns them. */
  dropAllOf(rank: number): readonly GroupName[];
}

/** What groups are made with. */
export interface GroupsOptions {
  /** Sets the ids apart from those of other backends that meet at the same place. */
  readonly prefix: string;
  /** Groups of several that a worker has a part in at most: it keeps connections for each. Default 48. */
  readonly limit?: number;
  /** Told of names that were not used for so long that others took their place. */
  readonly onForgotten: (name: GroupName) => void;
}

export function createGroups({ prefix, limit = 48, onForgotten }: GroupsOptions): Groups {
  /** By ranks; the least recently used first. */
  const byRanks = new Map<string, GroupName>();
  const held = new Map<GroupName, number>();
  let serial = 0;

  const drop = (name: GroupName): void => {
    const key = name.ranks.join();
    if (byRanks.get(key) === name) byRanks.delete(key);
  };
  const makeRoomFor = (fresh: GroupName): void => {
    if (fresh.ranks.length === 1) return;
    for (const rank of fresh.ranks) {
      const own = [...byRanks.values()].filter(({ ranks }) => ranks.length > 1 && ranks.includes(rank));
      const spare = own.filter((name) => name !== fresh && !held.has(name));
      for (const name of spare.slice(0, Math.max(0, own.length - limit))) {
        drop(name);
        onForgotten(name);
      }
    }
  };

  return {
    nameOf(ranks) {
      const key = ranks.join();
      const name = byRanks.get(key) ?? { id: `${prefix}-${serial++}-of-${ranks.join('-')}`, ranks };
      byRanks.delete(key);
      byRanks.set(key, name);
      makeRoomFor(name);
      return name;
    },
    hold(name) {
      held.set(name, (held.get(name) ?? 0) + 1);
    },
    letGo(name) {
      const count = (held.get(name) ?? 0) - 1;
      if (count > 0) held.set(name, count);
      else held.delete(name);
    },
    drop,
    dropAllOf(rank) {
      const broken = [...byRanks.values()].filter(({ ranks }) => ranks.includes(rank));
      for (const name of broken) drop(name);
      return broken;
    },
  };
}
