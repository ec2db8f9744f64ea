import type { ShapeTimes } from '../profile/index.js';
import { stepMsAt } from '../profile/index.js';

/** The degree of the shortest step; of equal ones, the smallest. */
export function fastestDegree(times: ShapeTimes): number {
  return times.degrees[times.fastest] as number;
}

/**
 * The smallest degree at which `steps` steps fit the budget.
 *
 * @returns `undefined` if none is fast enough
 */
export function smallestFeasibleDegree(times: ShapeTimes, steps: number, budgetMs: number): number | undefined {
  const index = times.stepMs.findIndex((ms) => steps * ms <= budgetMs);
  return index < 0 ? undefined : times.degrees[index];
}

/**
 * Parallel efficiency of a degree: the least GPU time of a step over that at `degree`; 1 for the cheapest degree.
 *
 * @throws `TetriError` `unknown-degree` if the shape does not have it
 */
export function parallelEfficiency(times: ShapeTimes, degree: number): number {
  return (times.stepGpuMs[times.cheapest] as number) / (degree * stepMsAt(times, degree));
}

/**
 * The widest degree of a shape that is worth its GPUs, whatever the deadline: the largest that is at least 70 % efficient. On the
 * paper's four shapes this gives 1, 1, 2 and 8, the degrees that its RSSP baseline uses (section 6).
 */
export function widestEfficientDegree(times: ShapeTimes): number {
  const efficient = times.degrees.filter((degree) => parallelEfficiency(times, degree) >= 0.7);
  return efficient[efficient.length - 1] as number;
}

/**
 * What `steps` steps gain by running at another degree, in ms; negative if they get slower.
 *
 * @throws `TetriError` `unknown-degree` if the shape does not have both
 */
export function scaleUpGainMs(times: ShapeTimes, fromDegree: number, toDegree: number, steps: number): number {
  return steps * (stepMsAt(times, fromDegree) - stepMsAt(times, toDegree));
}
