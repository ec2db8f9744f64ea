import type { PlanningGpu, PlanningRequest } from '../../rounds/index.js';

/** A GPU that is busy. */
export interface BusyGpu {
  /** Index of its domain in a pool. */
  readonly domain: number;
  /** When it will be free, in ms from now. */
  readonly forMs: number;
}

/** The GPUs of a forecast. */
export interface Pool {
  /** The domains, as `Gpu.domain` has them. */
  readonly names: readonly number[];
  /** How many GPUs there are in each domain, busy ones too; aligned with `names`. */
  readonly sizes: readonly number[];
  /** Those that are busy, the soonest to be free first. */
  readonly busy: readonly BusyGpu[];
  /** Index of the domain where a request runs, or ran last; -1 if nowhere. */
  readonly homeOf: (request: PlanningRequest) => number;
}

/** The GPUs by domain, in the order of their first GPUs. O(GPUs log GPUs). */
export function createPool(gpus: readonly PlanningGpu[], nowMs: number): Pool {
  const indexOf = new Map<number, number>();
  const domainOf = new Map<number, number>();
  const names: number[] = [];
  const sizes: number[] = [];
  const busy: BusyGpu[] = [];
  for (const { id, domain: name, freeAtMs } of gpus) {
    let domain = indexOf.get(name);
    if (domain === undefined) {
      domain = names.push(name) - 1;
      sizes.push(0);
      indexOf.set(name, domain);
    }
    domainOf.set(id, domain);
    sizes[domain] = (sizes[domain] as number) + 1;
    if (freeAtMs > nowMs) busy.push({ domain, forMs: freeAtMs - nowMs });
  }
  return {
    names,
    sizes,
    busy: busy.sort((a, b) => a.forMs - b.forMs),
    homeOf: ({ running, lastGpus }: PlanningRequest) => domainOf.get((running?.gpus ?? lastGpus)[0] ?? -1) ?? -1,
  };
}
