import type { Profile } from '../../profile/index.js';
import { createWorkload, type Trace } from '../../simulation/index.js';
import { arrivals } from './arrivals.js';
import { chooseDeadlines, type Deadlines } from './deadlines.js';
import type { WorkloadFlags } from './flags.js';
import { defaultShapes, mixes } from './mixes.js';

/** A workload and what it is, in lines for people. */
export interface Workload {
  readonly trace: Trace;
  readonly lines: readonly string[];
}

/**
 * Draws the workload that the flags describe.
 *
 * @param largestDomain - GPUs of the largest domain
 * @throws `TetriError` for shapes that the profile or the deadlines do not cover
 */
export function drawWorkload(flags: WorkloadFlags, profile: Profile, largestDomain: number): Workload {
  const { requests, steps, seed, rate, sloBase: base, sloScale: scale, shapes = defaultShapes(profile) } = flags;
  const mix = mixes[flags.workload]!(shapes);
  const deadlines = chooseDeadlines({ base, scale, profile, shapes, steps, largestDomain });
  const arrivalsOfRate = arrivals[flags.arrivals]!(rate);
  const trace = createWorkload({ profile, requests, steps, seed, arrivals: arrivalsOfRate, mix, slo: deadlines.slo });
  const due = mix(0).map(({ shape }) => `${shape} ${seconds(deadlines.slo(profile.shape(shape), steps))}`);
  return {
    trace,
    lines: [
      `${requests} requests of ${steps} steps, ${rate} a minute (${flags.arrivals}), ${flags.workload} mix, seed ${seed}`,
      `Deadlines (--slo-base ${deadlines.base}): ${nameOf(deadlines)}: ${due.join(', ')}`,
    ],
  };
}

function nameOf({ base, scale }: Deadlines): string {
  return base === 'paper' ? `the paper's SLO x ${scale}` : `${scale} x the fastest possible latency`;
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toPrecision(3))} s`;
}
