import { mean, min, sum } from 'd3-array';
import { findCapacity, type Capacity, type Trace } from '../../simulation/index.js';
import type { Trial, TrialResult } from './trial.js';

/** What is reached with so many GPUs, over all seeds. */
export interface Reached {
  readonly requests: number;
  readonly onTime: number;
  /** `onTime` over `requests`, from 0 to 1. */
  readonly sloAttainment: number;
  /** That of the seed that fared worst. */
  readonly lowestAttainment: number;
  /** The mean over seeds, from 0 to 1. */
  readonly gpuUtilization: number;
  /** Attainment by seed. */
  readonly attainments: readonly number[];
}

/** What a policy needs. */
export interface PolicyCapacity extends Capacity<Reached> {
  readonly policy: string;
}

/** What is searched. */
export interface SearchOptions {
  readonly target: number;
  readonly gpuCounts: readonly number[];
  readonly domainSize: number;
  /** Where the answer is expected, in GPUs. */
  readonly expectedGpus: number;
  /** One for each seed. */
  readonly traces: readonly Trace[];
  readonly run: (trial: Trial) => Promise<TrialResult>;
}

/** The fewest GPUs for one policy: each count with all seeds. */
export async function searchFor(policy: string, options: SearchOptions): Promise<PolicyCapacity> {
  const { target, gpuCounts, domainSize, expectedGpus, traces, run } = options;
  const measure = async (gpus: number): Promise<Reached> =>
    together(await Promise.all(traces.map((trace) => run({ policy, gpus, domainSize, trace }))));
  return { policy, ...(await findCapacity({ target, gpuCounts, expectedGpus, measure })) };
}

function together(results: readonly TrialResult[]): Reached {
  const attainments = results.map(({ sloAttainment }) => sloAttainment);
  const requests = sum(results, (result) => result.requests);
  const onTime = sum(results, (result) => result.onTime);
  return {
    ...{ requests, onTime, attainments },
    // Not the mean of the shares, which rounding may leave a little below a target that is met.
    sloAttainment: requests === 0 ? 1 : onTime / requests,
    lowestAttainment: min(attainments)!,
    gpuUtilization: mean(results, (result) => result.gpuUtilization)!,
  };
}
