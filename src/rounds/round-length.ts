import { whole } from '../model/check.js';
import type { Profile } from '../profile/index.js';

/**
 * The length of a round from the step granularity: the time of so many steps of the profile's largest measured shape at
 * its fastest degree, in ms.
 *
 * The paper (section 4.2) sets the round through the step granularity and leaves open whose steps are counted. The largest
 * shape's fastest step is the longest that a request in a hurry ever takes, so a round of at least one of them lets every
 * shape make progress, and whole numbers of them leave no tail where it costs most; `docs/tetriserve.md` has the
 * measurements.
 *
 * @param profile - what steps cost
 * @param stepGranularity - steps a round, a whole number of at least 1; default 5, the paper's most robust setting
 */
export function roundLengthMs(profile: Profile, stepGranularity = 5): number {
  whole(stepGranularity, 'stepGranularity', 1);
  const largest = profile.shapes[profile.shapes.length - 1];
  return stepGranularity * (largest as NonNullable<typeof largest>).minStepMs;
}
