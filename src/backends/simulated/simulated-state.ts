import type { ShapeTimes } from '../../profile/index.js';
import type { RequestStates, SteppedState } from '../bookkeeping/index.js';

/** What the simulated backend keeps of a request. */
export interface SimulatedState extends SteppedState {
  readonly shape: string;
  readonly times: ShapeTimes;
  readonly payload: unknown;
  /** Steps done, skipped ones included. */
  stepsDone: number;
  /** When the last of it ended that has a record, in ms; `Infinity` before that. */
  lastEndMs: number;
}

export type SimulatedStates = RequestStates<SimulatedState>;
