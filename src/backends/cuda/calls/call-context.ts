import type { GpuTurns } from '../../bookkeeping/index.js';
import type { CudaStates } from '../cuda-state.js';
import type { Groups } from '../workers/groups.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import type { CallInProgress } from './call-in-progress.js';

/** What all calls share. */
export interface CallContext {
  readonly states: CudaStates;
  readonly turns: GpuTurns;
  /** The calls in progress. */
  readonly calls: Set<CallInProgress>;
  readonly pool: WorkerPool;
  readonly groups: Groups;
  /** The domain of each GPU. */
  readonly domainOf: ReadonlyMap<number, number>;
  readonly maxBatchSize: number;
  /** Attention heads of the model, which a degree has to divide. */
  readonly heads: () => number;
  /** How long the others of a group may take to answer when one of them has failed, in ms. */
  readonly groupTimeoutMs: number;
}
