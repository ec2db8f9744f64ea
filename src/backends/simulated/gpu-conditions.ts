import { TetriError, type Cluster } from '../../model/index.js';

/** What is the matter with which GPU. */
export interface GpuConditions {
  readonly lost: Set<number>;
  readonly stalled: Set<number>;
  /** How many times longer chunks take, where it is not 1. */
  readonly slow: Map<number, number>;
  /** The domain of a GPU; `undefined` for one that the cluster does not have. */
  domainOf(gpu: number): number | undefined;
  isLost(gpu: number): boolean;
  /** @throws `TetriError` `unknown-gpu` */
  check(gpu: number): void;
}

export function createGpuConditions(cluster: Cluster): GpuConditions {
  const domains = new Map(cluster.gpus.map(({ id, domain }) => [id, domain]));
  const lost = new Set<number>();
  return {
    lost,
    stalled: new Set(),
    slow: new Map(),
    domainOf: (gpu) => domains.get(gpu),
    isLost: (gpu) => lost.has(gpu),
    check(gpu) {
      if (!domains.has(gpu)) throw new TetriError('unknown-gpu', `the cluster has no GPU ${gpu}`, 'gpu', gpu);
    },
  };
}
