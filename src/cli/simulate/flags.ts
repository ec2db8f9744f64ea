/** The options of `tetri simulate`, as commander hands them over. */
export interface SimulateFlags extends WorkloadFlags {
  readonly profile: string;
  readonly trace?: string;
  readonly seed: number;
  readonly gpus: number;
  readonly domainSize?: number;
  readonly policy?: readonly string[];
  /** `true` for `--noise` without a value. */
  readonly noise?: number | true;
  readonly switchMs: number;
  readonly starvationMs?: number;
  readonly json?: true;
  readonly log?: string;
  readonly chromeTrace?: string;
  readonly timeline?: string;
}

/** Those that describe a workload to be drawn. */
export interface WorkloadFlags extends TraceFlags {
  readonly workload: string;
  readonly arrivals: string;
  readonly rate: number;
  readonly requests: number;
  readonly seed: number;
  readonly shapes?: readonly string[];
}

/** Those that fill in what a log of arrivals need not say. */
export interface TraceFlags {
  readonly steps: number;
  readonly sloBase?: 'paper' | 'fastest';
  readonly sloScale?: number;
}
