import type { PolicyOptions } from '../../policies/index.js';
import type { Rates } from './grid.js';

/** The workload of a cell, the GPUs that it is run on, and what steps really take. */
export interface CellWorkload {
  /** As the grid names it. */
  readonly profile: string;
  readonly requests: number;
  readonly steps: number;
  readonly shapes: readonly string[];
  readonly mix: string;
  readonly arrivals: string;
  readonly rate: { readonly unit: Rates['unit']; readonly value: number };
  readonly slo: { readonly base: 'paper' | 'fastest'; readonly scale: number };
  readonly gpus: number;
  readonly domainSize: number;
  readonly seed: number;
  readonly slowdown: number;
}

/** One simulation. */
export interface RunCell extends CellWorkload {
  readonly kind: 'run';
  readonly policy: { readonly name: string; readonly options: PolicyOptions };
  readonly stepCv: number;
  /** What is kept beside the summary. */
  readonly keep: {
    readonly latencies: boolean;
    readonly planning: boolean;
    /** `null`: nothing over time. */
    readonly windowMs: number | null;
  };
}

/** What no scheduler can exceed on a workload. */
export interface BoundCell extends CellWorkload {
  readonly kind: 'bound';
}

/** What is to be run or bounded, as plain data that says all there is to it but for the contents of its profile. */
export type Cell = RunCell | BoundCell;
