import { createCluster } from '../../model/index.js';
import { createPolicy } from '../../policies/index.js';
import type { Profile } from '../../profile/index.js';
import type { Trace } from '../../simulation/index.js';
import { Failure } from '../failure.js';
import { runPolicy } from '../simulate/run-policy.js';

/** One simulation: a policy on so many GPUs. */
export interface Trial {
  readonly policy: string;
  readonly gpus: number;
  readonly domainSize: number;
  readonly trace: Trace;
}

/** What is kept of it. */
export interface TrialResult {
  readonly requests: number;
  readonly onTime: number;
  /** From 0 to 1. */
  readonly sloAttainment: number;
  /** From 0 to 1. */
  readonly gpuUtilization: number;
}

/**
 * Simulates, with every plan and the run checked.
 *
 * @throws `Failure` if the policy breaks a rule
 */
export function runTrial({ policy, gpus, domainSize, trace }: Trial, profile: Profile): TrialResult {
  const cluster = createCluster(gpus, domainSize);
  const { summary, problems } = runPolicy(createPolicy(policy), { trace, profile, cluster, stepNoise: 0 });
  if (problems[0] !== undefined) throw new Failure(problems[0]);
  const { requests, onTime, sloAttainment, gpuUtilization } = summary;
  return { requests, onTime, sloAttainment, gpuUtilization };
}
