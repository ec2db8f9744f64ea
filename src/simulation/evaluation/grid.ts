import type { PolicyOptions } from '../../policies/index.js';

/** What varies between the runs of an experiment, apart from the seed. `option` is an option of the policy. */
export type Axis = 'mix' | 'rate' | 'sloScale' | 'gpus' | 'stepCv' | 'slowdown' | 'policy' | 'option';

/** What a chart shows: a mean over seeds, unless it is said. */
export type Measure =
  /** The share of requests that end no later than their deadlines. */
  | 'attainment'
  /** The same over what no scheduler can exceed; needs `bound`. */
  | 'share-of-bound'
  /** Attainment by shape. */
  | 'by-shape'
  /** The distribution of latencies: each percentile, mean over seeds. */
  | 'latency'
  /** Attainment by time of arrival, and the mean degree of what runs. */
  | 'over-time'
  /** The time of a plan, on a clock. Such cells are run alone, after all others. */
  | 'planning';

/** One figure. What varies and is neither axis nor series gets a panel for each of its values. */
export interface Chart {
  readonly show: Measure;
  /** What stands on the axis; refused for `by-shape`, `latency` and `over-time`. Default `policy`. */
  readonly x: Axis;
  /** The name of the option where `x` is `option`; else empty. */
  readonly option: string;
  /** What is told apart by colour. Default `policy`, or `mix` where the policy or an option of it stands on the axis. */
  readonly series: Axis;
  /** Of `over-time`: the windows that time is cut into, in ms, at least 1000; the same for all charts of an experiment. Default 20 000. */
  readonly windowMs: number;
}

/** A policy, as it takes part. */
export interface PolicyChoice {
  readonly name: string;
  /** How charts call it; unique in its experiment. Default: its name, with its options in brackets. */
  readonly label: string;
  /** Default: those of the policy. */
  readonly options: PolicyOptions;
}

/** How many requests arrive. */
export interface Rates {
  /**
   * `per-minute`: requests a minute. `per-minute-and-gpu`: the same for each GPU. `load`: GPU time asked for over GPU time there is, as
   * `rateForLoad()` has it.
   */
  readonly unit: 'per-minute' | 'per-minute-and-gpu' | 'load';
  /** Above 0. */
  readonly values: readonly number[];
}

/** Runs that belong together: every combination of what is listed. */
export interface Experiment {
  /** Lower-case letters, digits, dots and single dashes: it names files. Unique in the grid. */
  readonly id: string;
  readonly title: string;
  /** What it is there for, a paragraph of Markdown; may be empty. Default empty. */
  readonly about: string;
  /** The name of a built-in profile, or of a file. */
  readonly profile: string;
  /** Requests of a cell, at most 100 000. Default 300. */
  readonly requests: number;
  /** Denoising steps a request, at most 10 000. Default 28. */
  readonly steps: number;
  readonly shapes: readonly string[];
  /** `uniform`, `skewed`, `drifting`, or the id of one of the shapes, which is all that is asked for then. Default `uniform`. */
  readonly mixes: readonly string[];
  /** `poisson`, `constant` or `bursts`. Default `poisson`. */
  readonly arrivals: string;
  readonly rates: Rates;
  /** Deadlines: the paper's, or the fastest possible latency, each times a scale. */
  readonly slo: { readonly base: 'paper' | 'fastest'; readonly scales: readonly number[] };
  /** At most 4096. Default 8. */
  readonly gpus: readonly number[];
  /** GPUs of an NVLink domain, at most 4096. Default 8. */
  readonly domainSize: number;
  readonly policies: readonly PolicyChoice[];
  /** Of workload and noise, whole numbers of at least 0. Default 1 to 5. */
  readonly seeds: readonly number[];
  /** How much step times vary: coefficients of variation, below 1. Default 0. */
  readonly stepCvs: readonly number[];
  /** How many times as long steps take as the profile says. Default 1. */
  readonly slowdowns: readonly number[];
  /** Whether to compute what no scheduler can exceed. Default `false`. */
  readonly bound: boolean;
  /** At least one. */
  readonly charts: readonly Chart[];
}

/** What is to be run and drawn. Version 1 of the schema. */
export interface EvaluationGrid {
  readonly schemaVersion: 1;
  readonly title: string;
  /** At least one. */
  readonly experiments: readonly Experiment[];
}
