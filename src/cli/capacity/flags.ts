import type { WorkloadFlags } from '../simulate/flags.js';

/** The options of `tetri capacity`, as commander hands them over. */
export interface CapacityFlags extends Omit<WorkloadFlags, 'seed'> {
  readonly profile: string;
  readonly target: number;
  readonly policy?: readonly string[];
  readonly maxGpus: number;
  readonly gpus?: readonly number[];
  readonly domainSize: number;
  readonly trace?: string;
  readonly seeds: number;
  readonly jobs?: number;
  readonly json?: true;
  readonly chart?: string;
}
