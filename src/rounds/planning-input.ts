import type { CompleteRequest, Gpu, PlanOutcome } from '../model/index.js';
import type { Profile, ShapeTimes } from '../profile/index.js';
import type { RunningChunk } from './round-input.js';

/** A request that was checked: defaults filled in and step times looked up. */
export interface PlanningRequest extends CompleteRequest {
  /** Completed steps, skipped ones included; less than `steps`. */
  readonly stepsDone: number;
  /** `steps - stepsDone`, at least 1; the steps of a running chunk still count. */
  readonly remainingSteps: number;
  /** The GPUs of its last chunk, to be kept where possible; empty if there was none. */
  readonly lastGpus: readonly number[];
  /** Whether it may be in a batch. */
  readonly batchable: boolean;
  /** The chunk that it is in the middle of; `undefined` if it waits. */
  readonly running: RunningChunk | undefined;
  /** What its shape costs, at the degrees that fit the largest domain. */
  readonly times: ShapeTimes;
  /** Encoding that is still due before the next step, in ms; 0 if done. */
  readonly encodeMs: number;
  /**
   * When the last step has to end for the deadline to be met, in ms: the deadline less the decoding.
   */
  readonly lastStepByMs: number;
}

/** A GPU that was checked. */
export interface PlanningGpu extends Gpu {
  /** When it is free, in ms; never below the input's `nowMs`. */
  readonly freeAtMs: number;
}

/** What policies work with: a `RoundInput` that was checked and sorted into what can and what cannot be planned. */
export interface PlanningInput {
  /** The time of planning, in ms. */
  readonly nowMs: number;
  /** What steps cost. */
  readonly profile: Profile;
  /** The GPUs, by ascending id; possibly none. */
  readonly gpus: readonly PlanningGpu[];
  /** GPUs of the largest domain, busy ones too: no degree can be larger. 0 without GPUs. */
  readonly largestDomain: number;
  /** Requests that a plan may start now, in total order. */
  readonly waiting: readonly PlanningRequest[];
  /** Requests in mid-chunk, in total order: they and their GPUs are left alone. */
  readonly running: readonly PlanningRequest[];
  /** The ids of all requests, in total order: the order of a plan's outcomes. */
  readonly order: readonly string[];
  /** What is decided before any policy is asked: requests in mid-chunk, not arrived, or too large for every domain. */
  readonly decided: readonly PlanOutcome[];
}

/** The fastest time for the rest of a request, from the moment it runs, in ms; decoding apart. */
export function fastestRemainingMs(request: PlanningRequest): number {
  return request.encodeMs + request.remainingSteps * request.times.minStepMs;
}

/**
 * Whether a request is definitely late at a time: even at its fastest degree from then on it cannot meet its deadline
 * (paper section 4.2). A millionth of a millisecond is forgiven, since times are sums of fractions.
 */
export function isDefinitelyLate(request: PlanningRequest, atMs: number): boolean {
  return atMs + fastestRemainingMs(request) > request.lastStepByMs + 1e-6;
}
