import { TetriError } from '../../model/index.js';
import type { Policy } from '../../policies/index.js';
import {
  simulate,
  summarize,
  type RunSummary,
  type SimulateOptions,
  type SimulationRun,
} from '../../simulation/index.js';
import { checkRun, type RunFacts } from './check-run.js';

/** What policies are run on. */
export interface Setup extends RunFacts, Pick<SimulateOptions, 'switchMs' | 'noise'> {}

/** A run, its summary, and what is wrong with it. */
export interface PolicyRun {
  readonly run: SimulationRun;
  readonly summary: RunSummary;
  readonly problems: readonly string[];
}

/** A policy broke a rule of planning: a fault of the policy, not of its input. */
export class BrokenPlanError extends Error {
  override readonly name = 'BrokenPlanError';
}

/** Simulates one policy, every plan checked, sums the run up and checks it. */
export function runPolicy(
  policy: Policy,
  { stepNoise, ...setup }: Setup,
  hooks: Pick<SimulateOptions, 'clock' | 'onProgress'> = {},
): PolicyRun {
  const run = orBroken(policy, () => simulate({ ...setup, ...hooks, policy }));
  const summary = summarize(run, setup.trace, setup.cluster);
  return { run, summary, problems: checkRun(run, summary, { ...setup, stepNoise }) };
}

function orBroken<T>(policy: Policy, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!TetriError.isInstance(error) || error.code !== 'invalid-plan') throw error;
    throw new BrokenPlanError(`${policy.name}: invalid plan: ${error.message}`, { cause: error });
  }
}
