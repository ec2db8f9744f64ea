import type { RequestStates, SteppedState } from '../bookkeeping/index.js';
import type { Worker } from './workers/worker.js';

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
 * What the backend keeps of a request. Workers hold what they work on; conditioning and the latents of the last chunk are here as
 * well, so that they can be given to any worker, and outlive each.
 */
export interface CudaState extends SteppedState {
  readonly shape: WireShape;
  /** Steps done, skipped ones included. */
  stepsDone: number;
  /** A safetensors file; `null` until it is encoded. */
  conditioning: Uint8Array | null;
  /** The newest ones that a worker handed over; a chunk is told to be done before its latents arrive. */
  latents: Latents | null;
  /** The worker that hands the latents of the last chunk over; `null` before the first. */
  arrivingFrom: Worker | null;
  /** Called when newer latents have arrived. */
  readonly waiting: Set<() => void>;
}

export type CudaStates = RequestStates<CudaState>;
