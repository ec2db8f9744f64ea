import { whole } from '../model/check.js';
import { widestEfficientDegree, restrictDegrees } from '../parallelism/index.js';
import { stepMsAt } from '../profile/index.js';
import type { PlanningInput } from './planning-input.js';

/**
 * The length of a round from the step granularity: so many steps of the average shape, each at its widest efficient degree, in ms. The average
 * is the geometric mean over the measured shapes that are no larger than the largest one asked for at the moment.
 *
 * The paper (section 4.2) sets the round through the step granularity and leaves open whose steps are counted. Those of the largest
 * shape make rounds so long that small requests miss their deadlines before they start; those of the smallest make rounds in
 * which no large step fits. And the length must not follow every change of the mix: while only large requests are there, the
 * next small one is on its way. `docs/tetriserve.md` has the measurements.
 *
 * @param input - the round
 * @param stepGranularity - steps a round, a whole number of at least 1; default 5, the paper's most robust setting
 */
export function roundLengthMs(
  input: Pick<PlanningInput, 'waiting' | 'running' | 'profile' | 'largestDomain'>,
  stepGranularity = 5,
): number {
  whole(stepGranularity, 'stepGranularity', 1);
  let largest = 0;
  for (const { times } of input.waiting) largest = Math.max(largest, times.tokens);
  for (const { times } of input.running) largest = Math.max(largest, times.tokens);
  const { shapes } = input.profile;
  const smaller = shapes.filter(({ tokens }) => tokens <= largest);
  const stepsMs = (smaller.length > 0 ? smaller : shapes).map((shape) => {
    const times = restrictDegrees(shape, input.largestDomain) ?? shape;
    return stepMsAt(times, widestEfficientDegree(times));
  });
  return stepGranularity * geometricMean(stepsMs);
}

function geometricMean(values: readonly number[]): number {
  // Relative to the least of them, the logarithms do not depend on the unit of time, and neither do rounding errors.
  const least = values.reduce((a, b) => Math.min(a, b));
  let sum = 0;
  for (const value of values) sum += Math.log(value / least);
  return least * Math.exp(sum / values.length);
}
