import { createShapeTimes, type Profile, type ShapeTimes } from '../profile/index.js';

/**
 * A profile in which every step takes so many times as long, alone and in batches; encoding and decoding stay as they are.
 *
 * @param factor - above 0
 */
export function slowedProfile(profile: Profile, factor: number): Profile {
  if (factor === 1) return profile;
  const slowed = new Map<ShapeTimes, ShapeTimes>();
  const slow = (times: ShapeTimes): ShapeTimes => {
    const known = slowed.get(times);
    if (known !== undefined) return known;
    const made = createShapeTimes({
      ...times,
      stepMs: times.stepMs.map((ms) => ms * factor),
      batches: times.batches.map(({ size, stepMs }) => ({
        size,
        stepMs: stepMs.map((ms) => (ms === undefined ? undefined : ms * factor)),
      })),
    });
    slowed.set(times, made);
    return made;
  };
  return { ...profile, shapes: profile.shapes.map(slow), shape: (id, path) => slow(profile.shape(id, path)) };
}
