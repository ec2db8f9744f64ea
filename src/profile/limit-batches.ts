import type { Profile } from './profile.js';
import type { ShapeTimes } from './shape-times.js';

/** The profile without batches of more than `maxSize` requests; the argument itself if it has none. */
export function limitBatches(profile: Profile, maxSize: number): Profile {
  const limited = new Map<ShapeTimes, ShapeTimes>();
  const limit = (times: ShapeTimes): ShapeTimes => {
    if (times.batches.every(({ size }) => size <= maxSize)) return times;
    let known = limited.get(times);
    if (known === undefined) {
      known = { ...times, batches: times.batches.filter(({ size }) => size <= maxSize) };
      limited.set(times, known);
    }
    return known;
  };
  if (profile.shapes.every((times) => limit(times) === times)) return profile;
  return { ...profile, shapes: profile.shapes.map(limit), shape: (id, path) => limit(profile.shape(id, path)) };
}
