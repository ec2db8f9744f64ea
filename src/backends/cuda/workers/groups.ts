import type { GroupName } from '../protocol/messages.js';

/** The names of groups of workers that run chunks together. */
export interface Groups {
  /** The name of a group, the same until it is dropped. Ranks in ascending order. */
  nameOf(ranks: readonly number[]): GroupName;
  /** Takes a name out of use: what was made under it is broken. */
  drop(name: GroupName): void;
  /** Takes every name out of use that a worker has a part in, and returns them. */
  dropAllOf(rank: number): readonly GroupName[];
}

/** @param prefix - sets the ids apart from those of other backends that meet at the same place */
export function createGroups(prefix: string): Groups {
  const byRanks = new Map<string, GroupName>();
  let serial = 0;
  const drop = (name: GroupName): void => {
    const key = name.ranks.join();
    if (byRanks.get(key) === name) byRanks.delete(key);
  };
  return {
    nameOf(ranks) {
      const key = ranks.join();
      const known = byRanks.get(key);
      if (known !== undefined) return known;
      const name = { id: `${prefix}-${serial++}-of-${ranks.join('-')}`, ranks };
      byRanks.set(key, name);
      return name;
    },
    drop,
    dropAllOf(rank) {
      const broken = [...byRanks.values()].filter(({ ranks }) => ranks.includes(rank));
      for (const name of broken) drop(name);
      return broken;
    },
  };
}
