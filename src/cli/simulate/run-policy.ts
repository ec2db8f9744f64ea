import { TetriError } from '../../model/index.js';
import type { Policy } from '../../policies/index.js';
import { Failure } from '../failure.js';
import {
  simulate,
  summarize,
  type RunSummary,
  type SimulateOptions,
  type SimulationRun,
} from '../../simulation/index.js';
import { checkRun, type RunFacts } from './check-run.js';

/** What policies are run on. */
export interface Setup extends RunFacts, Pick<SimulateOptions, 'switchMs' | 'noise' | 'scheduler'> {}

/** A run, its summary, and what is wrong with it. */
export interface PolicyRun {
  readonly run: SimulationRun;
  readonly summary: RunSummary;
  readonly problems: readonly string[];
}

/** A policy failed on input that had been checked, or broke a rule of planning: its own fault, not the user's. */
export class PolicyError extends Failure {
  override readonly name = 'PolicyError';
}

/** Simulates one policy, every plan checked, sums the run up and checks it. */
export function runPolicy(
  policy: Policy,
  { stepNoise, ...setup }: Setup,
  hooks: Pick<SimulateOptions, 'clock' | 'onProgress'> = {},
): PolicyRun {
  const run = orBlame(policy, () => simulate({ ...setup, ...hooks, policy }));
  const summary = summarize(run, setup.trace, setup.cluster);
  return { run, summary, problems: checkRun(run, summary, { ...setup, stepNoise }) };
}

function orBlame<T>(policy: Policy, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!TetriError.isInstance(error)) throw error;
    throw new PolicyError(`${policy.name}: ${error.code}: ${error.message}`, { cause: error });
  }
}
