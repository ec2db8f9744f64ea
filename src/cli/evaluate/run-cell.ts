import { createCluster } from '../../model/index.js';
import { createPolicy } from '../../policies/index.js';
import type { Profile } from '../../profile/index.js';
import {
  arrivalsByName,
  digestRun,
  mixOf,
  type Cell,
  type CellResult,
  type CellWorkload,
} from '../../simulation/evaluation/index.js';
import {
  createWorkload,
  fastestSlo,
  offlineBound,
  paperSlo,
  rateForLoad,
  simulate,
  summarize,
  type Trace,
} from '../../simulation/index.js';
import { slowedProfile } from '../../simulation/slowed-profile.js';
import { checkRun } from '../simulate/check-run.js';

/**
 * Runs or bounds a cell. A run that breaks a rule is a failure, whatever its summary says.
 *
 * @param clockMs - milliseconds of a clock, for planning times alone
 */
export async function runCell(cell: Cell, profile: Profile, clockMs: () => number): Promise<CellResult> {
  const executedProfile = slowedProfile(profile, cell.slowdown);
  const cluster = createCluster(cell.gpus, cell.domainSize);
  const trace = traceOf(cell, profile);
  if (cell.kind === 'bound') {
    const { onTime, sloAttainment } = await offlineBound(trace, executedProfile, cluster);
    return { kind: 'bound', requests: trace.requests.length, onTime, sloAttainment };
  }
  const { stepCv, seed, keep } = cell;
  const policy = createPolicy(cell.policy.name, cell.policy.options);
  const run = simulate({
    ...{ trace, profile, executedProfile, cluster, policy, noise: { seed, stepCv } },
    ...(keep.planning && { clock: clockMs }),
  });
  const summary = summarize(run, trace, cluster);
  const [problem] = checkRun(run, summary, { trace, profile: executedProfile, cluster, stepNoise: stepCv });
  if (problem !== undefined) return { kind: 'failed', message: problem };
  return digestRun(run, summary, trace, keep);
}

/** Deadlines follow from the profile that is planned with, and so do loads. */
function traceOf(cell: CellWorkload, profile: Profile): Trace {
  const { requests, steps, seed, shapes, gpus, rate, slo } = cell;
  const mix = mixOf(cell.mix, shapes);
  return createWorkload({
    ...{ profile, requests, steps, seed, mix },
    arrivals: arrivalsByName[cell.arrivals]!(ratePerMin()),
    slo: slo.base === 'paper' ? paperSlo(slo.scale) : fastestSlo(slo.scale),
  });

  function ratePerMin(): number {
    if (rate.unit === 'load') return rateForLoad({ load: rate.value, gpus, profile, mix, steps });
    return rate.unit === 'per-minute' ? rate.value : rate.value * gpus;
  }
}
