import { whole } from '../../model/check.js';
import type { Profile } from '../../profile/index.js';
import { randomStreams } from '../random.js';
import type { SloRule } from '../slo.js';
import { parseTrace, type Trace } from '../trace.js';
import type { Arrivals } from './arrivals.js';
import type { Mix, ShapeShare } from './mix.js';

/** What a workload is made of. */
export interface WorkloadOptions {
  /** Must cover every shape of the mix. */
  readonly profile: Profile;
  /** How many requests; at least 0. */
  readonly requests: number;
  /** Denoising steps a request, at least 1. */
  readonly steps: number;
  /** A whole number of at least 0. The same options and seed give the same trace. */
  readonly seed: number;
  /** When they arrive. */
  readonly arrivals: Arrivals;
  /** Which shapes they ask for. */
  readonly mix: Mix;
  /** When they are due. */
  readonly slo: SloRule;
}

/**
 * Draws a trace. Requests are named `r1`, `r2` and so on, in order of arrival. Arrivals and shapes come from streams of
 * their own: with another rate the same shapes arrive at other times, and with another mix others at the same times.
 *
 * @example
 * ```ts
 * const shapes = ['256x256', '512x512', '1024x1024', '2048x2048'];
 * const trace = createWorkload({
 *   profile: builtinProfile('flux.1-dev_h100'),
 *   requests: 300,
 *   steps: 28,
 *   seed: 1,
 *   arrivals: poissonArrivals(12),
 *   mix: skewedMix(shapes),
 *   slo: paperSlo(1.2),
 * });
 * ```
 *
 * @throws `TetriError` `invalid-type`, `out-of-range`, `unknown-shape` if the profile or the SLO rule does not cover a shape
 * of the mix, drawn or not
 */
export function createWorkload({ profile, requests, steps, seed, arrivals, mix, slo }: WorkloadOptions): Trace {
  whole(requests, 'requests', 0);
  whole(steps, 'steps', 1);
  const random = randomStreams(seed);
  const nextArrivalMs = arrivals(random);
  const nextShape = random('shapes');
  // The deadline of a shape is the same for all requests; computed here, an unknown shape is refused whatever is drawn.
  const sloMs = new Map(mix(0).map(({ shape }) => [shape, slo(profile.shape(shape, 'mix'), steps)]));
  return parseTrace({
    schemaVersion: 1,
    requests: Array.from({ length: requests }, (_, index) => {
      const shape = pick(mix(index / Math.max(1, requests - 1)), nextShape());
      const arrivalMs = nextArrivalMs();
      return { id: `r${index + 1}`, shape, steps, arrivalMs, deadlineMs: arrivalMs + sloMs.get(shape)! };
    }),
  });
}

/** The shape at `position` if the shares lie side by side from 0 to 1. */
function pick(shares: readonly ShapeShare[], position: number): string {
  let end = 0;
  const hit = shares.find(({ share }) => position < (end += share));
  // Rounding may leave the shares a little short of 1.
  return (hit ?? shares.findLast(({ share }) => share > 0)!).shape;
}
