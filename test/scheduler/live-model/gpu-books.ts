import type { BackendEvent } from '../../../src/backends/index.js';
import type { Cluster } from '../../../src/model/index.js';

/** Who uses which GPU, and which are lost. */
export interface GpuBooks {
  readonly domainOf: ReadonlyMap<number, number>;
  /** Calls that use a GPU, by what they are. */
  readonly chunks: Map<number, string>;
  readonly encodings: Map<number, string>;
  /** How many results are being decoded on a GPU that time is taken for. */
  readonly decodings: Map<number, number>;
  /** Takes note of what the backend reports. */
  listen(event: BackendEvent): void;
  /** Whether a GPU is lost, and the scheduler had the time to notice. */
  isKnownLost(gpu: number): boolean;
  /** Whether all are lost, and the scheduler did not have the time to notice. */
  isJustLost(): boolean;
  /** GPUs that are lost, and since when. */
  readonly lost: ReadonlyMap<number, number>;
}

/** @param nowMs - the time on the clock of the backend */
export function createGpuBooks(cluster: Cluster, nowMs: () => number): GpuBooks {
  const lost = new Map<number, number>();
  const known = new Set<number>();
  const isKnownLost = (gpu: number): boolean => lost.has(gpu) && (known.has(gpu) || nowMs() !== lost.get(gpu));
  return {
    domainOf: new Map(cluster.gpus.map(({ id, domain }) => [id, domain])),
    chunks: new Map(),
    encodings: new Map(),
    decodings: new Map(),
    lost,
    listen(event) {
      if (event.type === 'gpu-back') {
        lost.delete(event.gpu);
        known.delete(event.gpu);
        return;
      }
      const gone = event.type === 'lost' ? cluster.gpus.map(({ id }) => id) : [event.gpu];
      for (const gpu of gone) if (!lost.has(gpu)) lost.set(gpu, nowMs());
      // All that the scheduler does at once, it does before this.
      setImmediate(() => {
        for (const gpu of gone) if (lost.has(gpu)) known.add(gpu);
      });
    },
    isKnownLost,
    isJustLost: () => lost.size === cluster.gpus.length && ![...lost.keys()].every(isKnownLost),
  };
}
