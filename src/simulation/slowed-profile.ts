import { createShapeTimes, type Profile } from '../profile/index.js';
import { mapShapes } from '../profile/map-shapes.js';

/**
 * A profile in which every step takes so many times as long, alone and in batches; encoding and decoding stay as they are.
 *
 * @param factor - above 0
 */
export function slowedProfile(profile: Profile, factor: number): Profile {
  if (factor === 1) return profile;
  return mapShapes(profile, (times) =>
    createShapeTimes({
      ...times,
      stepMs: times.stepMs.map((ms) => ms * factor),
      batches: times.batches.map(({ size, stepMs }) => ({
        size,
        stepMs: stepMs.map((ms) => (ms === undefined ? undefined : ms * factor)),
      })),
    }),
  );
}
