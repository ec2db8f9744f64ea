import { whole } from '../model/check.js';
import type { PlanningInput } from './planning-input.js';

/**
 * The length of a round from the step granularity: so many steps of the average request at hand, at its fastest degree, in ms.
 * The average is the geometric mean, so that one huge shape among small ones does not stretch the round for all.
 *
 * The paper (section 4.2) sets the round through the step granularity and leaves open whose steps are counted. Those of the
 * largest shape make rounds so long that small requests miss their deadlines before they start; those of the smallest make
 * rounds in which no large step fits. The mean follows the mix: short rounds while only small requests are there, long ones when
 * large ones are. `docs/tetriserve.md` has the measurements.
 *
 * @param input - the round; if it has no request, the shapes of the profile stand in
 * @param stepGranularity - steps a round, a whole number of at least 1; default 5, the paper's most robust setting
 */
export function roundLengthMs(
  input: Pick<PlanningInput, 'waiting' | 'running' | 'profile'>,
  stepGranularity = 5,
): number {
  whole(stepGranularity, 'stepGranularity', 1);
  const fastest = [...input.waiting, ...input.running].map(({ times }) => times.minStepMs);
  return stepGranularity * geometricMean(fastest.length > 0 ? fastest : input.profile.shapes.map((s) => s.minStepMs));
}

function geometricMean(values: readonly number[]): number {
  // Relative to the least of them, the logarithms do not depend on the unit of time, and neither do rounding errors.
  const least = values.reduce((a, b) => Math.min(a, b));
  let sum = 0;
  for (const value of values) sum += Math.log(value / least);
  return least * Math.exp(sum / values.length);
}
