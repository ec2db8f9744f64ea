import { whole } from '../model/check.js';
import type { PlanningInput } from './planning-input.js';

/**
 * The length of a round from the step granularity: so many steps of the average request at hand, each at its fastest degree,
 * in ms.
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
  let sumMs = 0;
  for (const { times } of input.waiting) sumMs += times.minStepMs;
  for (const { times } of input.running) sumMs += times.minStepMs;
  const count = input.waiting.length + input.running.length;
  if (count > 0) return (stepGranularity * sumMs) / count;
  const { shapes } = input.profile;
  return (stepGranularity * shapes.reduce((sum, times) => sum + times.minStepMs, 0)) / shapes.length;
}
