import type { ShapeTimes } from '../../profile/index.js';
import type { KeptState, RequestStates } from '../bookkeeping/index.js';

/** What the simulated backend keeps of a request. */
export interface SimulatedState extends KeptState {
  readonly shape: string;
  readonly times: ShapeTimes;
  /** Denoising steps of the whole request. */
  readonly steps: number;
  readonly payload: unknown;
  /** Steps done, skipped ones included. */
  stepsDone: number;
  /** When the last of it ended that has a record, in ms; `Infinity` before that. */
  lastEndMs: number;
}

export type SimulatedStates = RequestStates<SimulatedState>;
