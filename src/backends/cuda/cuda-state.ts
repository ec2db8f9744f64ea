import type { RequestStates, SteppedState } from '../bookkeeping/index.js';

/** A shape as workers are told of it. */
export interface WireShape {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
}

/** Latents at a step, as a safetensors file. */
export interface Latents {
  readonly step: number;
  readonly bytes: Uint8Array;
}

/**
 * What the backend keeps of a request. Workers hold what they work on; conditioning and the latents after the last chunk are here as
 * well, so that they can be given to any worker, and outlive each.
 */
export interface CudaState extends SteppedState {
  readonly shape: WireShape;
  /** Steps done, skipped ones included. */
  stepsDone: number;
  /** A safetensors file; `null` until it is encoded. */
  conditioning: Uint8Array | null;
  /** Those after the steps that are done; `null` until they are drawn. */
  latents: Latents | null;
  /** Those that a worker handed over last: what they are worth shows the answer of the call that made them. */
  arrived: Latents | null;
}

export type CudaStates = RequestStates<CudaState>;
