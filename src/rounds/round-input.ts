import type { GenerationRequest } from '../model/index.js';
import type { Profile } from '../profile/index.js';

/** Steps that are being executed while the planner plans. */
export interface RunningChunk {
  /** The GPUs of the group. */
  readonly gpus: readonly number[];
  /** Steps of the chunk. */
  readonly steps: number;
  /** When it started, in ms. */
  readonly startMs: number;
  /** When it is expected to end, in ms. */
  readonly endMs: number;
}

/** A request with its progress, as the caller knows it at the time of planning. */
export interface RequestState extends GenerationRequest {
  /** Completed steps, skipped ones included; less than `steps`. Default `startStep`. */
  readonly stepsDone?: number;
  /** The GPUs of its last chunk, to be kept where possible. GPUs that are gone are ignored. Default none. */
  readonly lastGpus?: readonly number[];
  /** Whether encoding is done. Default: `stepsDone` is above `startStep`. */
  readonly encoded?: boolean;
  /** Whether it may share GPUs with others of its shape. Default `true`. */
  readonly batchable?: boolean;
  /** Its chunk in execution; such a request is left alone. Its steps do not count as done yet. Default none. */
  readonly running?: RunningChunk;
}

/** A GPU at the time of planning. GPUs that are lost are simply not listed. */
export interface GpuState {
  /** Its number, unique in the input. */
  readonly id: number;
  /** Its NVLink domain. Default 0. */
  readonly domain?: number;
  /** When it is free, in ms; free now if not above `nowMs`. Default: free, or busy until the chunk that runs on it ends. */
  readonly busyUntilMs?: number;
}

/** All that a planner sees: it has no clock and no memory of its own. */
export interface RoundInput {
  /** The time of planning, in ms. */
  readonly nowMs: number;
  /** The requests that are not finished, in any order. */
  readonly requests: readonly RequestState[];
  /** The GPUs that work, in any order. */
  readonly gpus: readonly GpuState[];
  /** What steps cost. */
  readonly profile: Profile;
}
