import type { Cluster } from '../../model/index.js';
import type { Profile } from '../../profile/index.js';
import {
  validateRun,
  type RunSummary,
  type SimulationRun,
  type Trace,
  type ValidateRunOptions,
} from '../../simulation/index.js';

/** What a run is checked against. */
export interface RunFacts {
  readonly trace: Trace;
  readonly profile: Profile;
  readonly cluster: Cluster;
  readonly stepNoise: NonNullable<ValidateRunOptions['stepNoise']>;
}

/**
 * Checks the log of a run, and that the log alone gives the attainment that the summary reports.
 *
 * @returns what is wrong, a line each; empty if nothing is
 */
export function checkRun(run: SimulationRun, summary: RunSummary, facts: RunFacts): readonly string[] {
  const { cluster, stepNoise } = facts;
  const verdict = validateRun(run.log, facts.trace, facts.profile, { cluster, records: run.records, stepNoise });
  const lines: string[] = [];
  const [first] = verdict.violations;
  if (first !== undefined) {
    const where = [
      ...(first.line === null ? [] : [`line ${first.line} of the run log`]),
      ...(first.requestId === null ? [] : [`request ${first.requestId}`]),
    ];
    const more = verdict.violations.length - 1;
    const others = more === 0 ? '' : ` (and ${more} more violations)`;
    lines.push(`${run.policy}: ${[...where, first.code].join(', ')}: ${first.message}${others}`);
  }
  if (verdict.onTime !== summary.onTime || verdict.sloAttainment !== summary.sloAttainment) {
    const reported = `${summary.onTime} requests on time were reported`;
    lines.push(`${run.policy}: ${reported}, by the run log it is ${verdict.onTime}`);
  }
  return lines;
}
