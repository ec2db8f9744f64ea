import type { Profile } from '../../profile/index.js';
import { createWorkload, type Trace } from '../../simulation/index.js';
import { parseInput } from '../input-error.js';
import { arrivals } from './arrivals.js';
import { chooseDeadlines } from './deadlines.js';
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
 */
export function drawWorkload(flags: WorkloadFlags, profile: Profile, largestDomain: number): Workload {
  const { requests, steps, seed, rate } = flags;
  const shapes = flags.shapes ?? defaultShapes(profile);
  const { sloBase, sloScale } = flags;
  return parseInput('workload', () => {
    const mix = mixes[flags.workload]!(shapes);
    const options = { base: sloBase, scale: sloScale, profile, shapes, steps, largestDomain };
    const { base, scale, slo } = chooseDeadlines(options);
    const arrive = arrivals[flags.arrivals]!(rate);
    const trace = createWorkload({ profile, requests, steps, seed, arrivals: arrive, mix, slo });
    const due = mix(0).map(({ shape }) => `${shape} ${seconds(slo(profile.shape(shape), steps))}`);
    const rule = base === 'paper' ? `the paper's SLO x ${scale}` : `${scale} x the fastest possible latency`;
    return {
      trace,
      lines: [
        `${requests} requests of ${steps} steps, ${rate} a minute (${flags.arrivals}), ${flags.workload} mix, seed ${seed}`,
        `Deadlines (--slo-base ${base}): ${rule}: ${due.join(', ')}`,
      ],
    };
  });
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toPrecision(3))} s`;
}
