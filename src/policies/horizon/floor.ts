import { placeGroups } from '../../packing/index.js';
import type { PlanningGpu, PlanningRequest } from '../../rounds/index.js';
import { toleranceMs } from './curve.js';

/** The GPUs as a plan fills them, and what is held of them for groups that are to start a little later. */
export interface Floor {
  /** When a group of a width would have to end, in ms from now, to leave everything that is held in time: `Infinity` if that does not matter. */
  latestEndMs(width: number): number;
  /**
   * Finds GPUs for a group that leaves everything that is held in time, and takes them.
   *
   * @param endMs - when it will end, in ms from now
   * @param domain - where to look first
   * @returns ascending ids; `undefined` if there are none
   */
  take(request: PlanningRequest, width: number, endMs: number, domain?: number): readonly number[] | undefined;
  /**
   * Has a group that was placed take longer, if that leaves what is held in time.
   *
   * @param endMs - when it will end, in ms from now
   */
  extend(group: readonly number[], endMs: number): boolean;
  /**
   * Holds GPUs of one domain: those of `near`, where they are enough, or else where they are free soonest.
   *
   * @param atMs - from when on, in ms from now
   */
  hold(width: number, atMs: number, near: readonly number[]): void;
}

interface Slot {
  readonly id: number;
  readonly domain: number;
  free: boolean;
  /** When it is free, in ms from now. */
  atMs: number;
}

interface Hold {
  readonly domain: number;
  readonly width: number;
  readonly atMs: number;
}

/**
 * @param holding - whether `hold` does anything
 *
 * Complexity: O(GPUs) for each group that is tried, and O(GPUs x holds) where something is held.
 */
export function createFloor(gpus: readonly PlanningGpu[], nowMs: number, holding = true): Floor {
  const slots = gpus.map(({ id, domain, freeAtMs }): Slot => ({
    id,
    domain,
    free: freeAtMs <= nowMs,
    atMs: freeAtMs - nowMs,
  }));
  const byDomain = new Map<number, Slot[]>();
  for (const slot of slots) byDomain.set(slot.domain, [...(byDomain.get(slot.domain) ?? []), slot]);
  const holds: Hold[] = [];
  let freeCount = slots.filter(({ free }) => free).length;

  /** Until when so many GPUs of a domain may be used for all that is held there: `Infinity` if for ever. */
  const untilMs = (domain: number, width: number): number => {
    let soonestMs = Infinity;
    for (const hold of holds) {
      if (hold.domain !== domain || hold.atMs >= soonestMs) continue;
      let left = -width;
      for (const { atMs } of byDomain.get(domain) as Slot[]) if (atMs <= hold.atMs + toleranceMs) left++;
      for (const other of holds) if (other.domain === domain && other.atMs <= hold.atMs) left -= other.width;
      if (left < 0) soonestMs = hold.atMs;
    }
    return soonestMs;
  };
  const mayUse = (domain: number, width: number, endMs: number): boolean =>
    endMs <= untilMs(domain, width) + toleranceMs;
  const occupy = (group: readonly number[], endMs: number): void => {
    for (const slot of slots) {
      if (!group.includes(slot.id)) continue;
      slot.free = false;
      slot.atMs = endMs;
    }
  };

  return {
    latestEndMs(width) {
      let latestMs = -Infinity;
      for (const [domain, all] of byDomain) {
        let count = 0;
        for (const { free } of all) if (free) count++;
        if (count >= width) latestMs = Math.max(latestMs, untilMs(domain, width));
      }
      return latestMs;
    },
    take(request, width, endMs, first) {
      if (width > freeCount) return undefined;
      const open = [...byDomain.keys()].filter((domain) => mayUse(domain, width, endMs));
      const inFirst = open.filter((domain) => domain === first);
      const placeIn = (domains: readonly number[]): readonly number[] | undefined => {
        const usable =
          domains.length === byDomain.size
            ? slots
            : slots.map(({ id, domain, free }) => ({ id, domain, free: free && domains.includes(domain) }));
        return placeGroups([{ key: request.id, width, lastGpus: request.lastGpus }], usable)[0];
      };
      const group = (inFirst.length < open.length ? placeIn(inFirst) : undefined) ?? placeIn(open);
      if (group === undefined) return undefined;
      occupy(group, endMs);
      freeCount -= width;
      return group;
    },
    extend(group, endMs) {
      const { domain, atMs } = slots.find(({ id }) => id === group[0]) as Slot;
      // As if it were placed anew: its own GPUs are free before then.
      occupy(group, 0);
      const isInTime = mayUse(domain, group.length, endMs);
      occupy(group, isInTime ? endMs : atMs);
      return isInTime;
    },
    hold(width, atMs, near) {
      if (!holding) return;
      let best: { readonly domain: number; readonly soonestMs: number } | undefined;
      for (const [domain, all] of byDomain) {
        if (all.length < width) continue;
        const isChosen = byDomain.size === 1 || all.some(({ id }) => near.includes(id));
        const soonestMs = isChosen ? -1 : (all.map((slot) => slot.atMs).sort((a, b) => a - b)[width - 1] as number);
        if (best === undefined || soonestMs < best.soonestMs) best = { domain, soonestMs };
      }
      if (best !== undefined) holds.push({ domain: best.domain, width, atMs });
    },
  };
}
