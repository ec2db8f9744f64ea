import type { ShapeTimes } from '../../profile/index.js';

/** What a shape costs at the degrees that are worth having: each is faster than all narrower ones. */
export interface Curve {
  /** Ascending. */
  readonly degrees: readonly number[];
  /** One step in ms, falling; aligned with `degrees`. */
  readonly stepMs: readonly number[];
  /** Index of the widest degree, which is the fastest. */
  readonly last: number;
  /** The fastest step in ms. */
  readonly minStepMs: number;
}

const known = new WeakMap<ShapeTimes, Curve>();

/** The curve of a shape. O(degrees) the first time. */
export function curveOf(times: ShapeTimes): Curve {
  const before = known.get(times);
  if (before !== undefined) return before;
  const degrees: number[] = [];
  const stepMs: number[] = [];
  times.stepMs.forEach((ms, index) => {
    if (stepMs.length > 0 && ms >= (stepMs.at(-1) as number)) return;
    degrees.push(times.degrees[index] as number);
    stepMs.push(ms);
  });
  const curve = { degrees, stepMs, last: stepMs.length - 1, minStepMs: times.minStepMs };
  known.set(times, curve);
  return curve;
}

/**
 * Index of the narrowest degree at which so many steps fit the time, or -1 if they fit at none.
 *
 * @param steps - may be a fraction
 */
export function narrowestFor({ stepMs }: Curve, steps: number, budgetMs: number): number {
  for (let k = 0; k < stepMs.length; k++) if (steps * (stepMs[k] as number) <= budgetMs + toleranceMs) return k;
  return -1;
}

/** Times are sums of fractions: a millionth of a millisecond is forgiven. */
export const toleranceMs = 1e-6;
