import type { Need } from './needs.js';
import type { Trial } from './trial.js';

/** One rule of the contract, and how it is tried. */
export interface ConformanceCase {
  /** The rule, in a few words. */
  readonly name: string;
  /** What it takes to try it. Default: nothing, so that every backend is tried. */
  readonly needs?: readonly Need[];
  /** Whether the case opens the backend itself. Default: it is open. */
  readonly isFresh?: true;
  run(trial: Trial): Promise<void>;
}
