import type { Profile } from './profile.js';
import type { ShapeTimes } from './shape-times.js';

/** A profile in which each shape, measured or interpolated, costs something else. Equal shapes stay one object. */
export function mapShapes(profile: Profile, change: (times: ShapeTimes) => ShapeTimes): Profile {
  const changed = new Map<ShapeTimes, ShapeTimes>();
  const changeOnce = (times: ShapeTimes): ShapeTimes => {
    const made = changed.get(times) ?? change(times);
    changed.set(times, made);
    return made;
  };
  return {
    ...profile,
    shapes: profile.shapes.map(changeOnce),
    shape: (id, path) => changeOnce(profile.shape(id, path)),
  };
}
