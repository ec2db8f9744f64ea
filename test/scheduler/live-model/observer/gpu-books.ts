import type { BackendEvent } from '../../../../src/backends/index.js';
import type { Clock } from '../../../../src/clock/index.js';
import type { Cluster } from '../../../../src/model/index.js';

/** What a call does on GPUs: encoding and steps have them alone; several results may be decoded one after another. */
export type GpuUse = 'encoding' | 'steps' | 'decoding' | 'decoding in no time';

/** Who uses which GPU, and which are lost. */
export interface GpuBooks {
  readonly domainOf: ReadonlyMap<number, number>;
  /** GPUs that are lost, and since when. */
  readonly lost: ReadonlyMap<number, number>;
  /** Takes note of what the backend reports. */
  listen(event: BackendEvent): void;
  /** Whether a GPU is lost, and the scheduler had the time to notice. */
  isKnownLost(gpu: number): boolean;
  /** Whether all are lost, and the scheduler did not have the time to notice. */
  isJustLost(): boolean;
  /** What a GPU does that would be in the way. */
  conflicts(gpu: number, use: GpuUse): string[];
  /** Takes GPUs for a call, until what it returns is called. */
  take(gpus: readonly number[], use: GpuUse, what: string): () => void;
  /** Whether a GPU does something that takes time. */
  isBusy(gpu: number): boolean;
}

interface Taken {
  readonly use: GpuUse;
  readonly what: string;
}

export function createGpuBooks(cluster: Cluster, clock: Clock): GpuBooks {
  const lost = new Map<number, number>();
  const known = new Set<number>();
  const taken = new Map<number, Set<Taken>>(cluster.gpus.map(({ id }) => [id, new Set()]));
  const takenOf = (gpu: number): ReadonlySet<Taken> => taken.get(gpu) ?? new Set();
  const isKnownLost = (gpu: number): boolean => lost.has(gpu) && (known.has(gpu) || clock.nowMs() !== lost.get(gpu));
  return {
    domainOf: new Map(cluster.gpus.map(({ id, domain }) => [id, domain])),
    lost,
    listen(event) {
      if (event.type === 'gpu-back') {
        lost.delete(event.gpu);
        known.delete(event.gpu);
        return;
      }
      const gone = event.type === 'lost' ? cluster.gpus.map(({ id }) => id) : [event.gpu];
      for (const gpu of gone) if (!lost.has(gpu)) lost.set(gpu, clock.nowMs());
      // What was going on there has ended, however late that is answered.
      for (const gpu of gone) taken.get(gpu)?.clear();
      // All that the scheduler does at once, it does before this.
      setImmediate(() => {
        for (const gpu of gone) if (lost.has(gpu)) known.add(gpu);
      });
    },
    isKnownLost,
    isJustLost: () => lost.size === cluster.gpus.length && ![...lost.keys()].every(isKnownLost),
    conflicts: (gpu, use) =>
      [...takenOf(gpu)].filter((other) => isInTheWay(other.use, use)).map(({ what }) => `GPU ${gpu} does ${what}`),
    take(gpus, use, what) {
      const one: Taken = { use, what };
      for (const gpu of gpus) taken.get(gpu)?.add(one);
      return () => {
        for (const gpu of gpus) taken.get(gpu)?.delete(one);
      };
    },
    isBusy: (gpu) => [...takenOf(gpu)].some(({ use }) => use !== 'decoding in no time'),
  };
}

function isInTheWay(running: GpuUse, use: GpuUse): boolean {
  if (running === 'decoding in no time') return false;
  return running !== 'decoding' || use === 'encoding' || use === 'steps';
}
