import { parseShapeId, shapeId } from '../model/index.js';
import { interpolateShape } from './interpolate.js';
import type { ShapeTimes } from './shape-times.js';
import type { ProfileSource } from './step-profile.js';

/** A checked step-time profile, ready to plan with. Made by `parseProfile()` or `builtinProfile()`; immutable. */
export interface Profile {
  /** Such as `"flux.1-dev"`. */
  readonly model: string;
  /** Such as `"NVIDIA H100 SXM (NVLink)"`. */
  readonly accelerator: string;
  /** Where the numbers come from. */
  readonly source: ProfileSource;
  /** The sequence-parallel degrees of the profile, ascending. */
  readonly degrees: readonly number[];
  /** The measured shapes, by ascending tokens, then by id. */
  readonly shapes: readonly ShapeTimes[];
  /**
   * What a shape costs: as measured, or interpolated by token count between the nearest measured shapes below and above.
   *
   * @param id - a shape id
   * @param path - where the id stands, for the error
   * @throws `TetriError` `invalid-shape` if it is no shape id, `unknown-shape` if it has fewer or more tokens than any
   * measured shape, or lies between shapes that share no degree
   */
  shape(id: string, path?: string): ShapeTimes;
}

// Enough for every size that an honest service offers; a client that asks for all sizes there are only evicts.
const memoLimit = 1024;

/**
 * Makes a profile of shapes that were checked before.
 *
 * @param fields - everything but the look-up; at least one shape, none twice, in any order
 */
export function createProfile(fields: Omit<Profile, 'shape'>): Profile {
  const shapes = [...fields.shapes].sort((a, b) => a.tokens - b.tokens || (a.id < b.id ? -1 : 1));
  const measured = new Map(shapes.map((times) => [times.id, times]));
  const interpolated = new Map<string, ShapeTimes>();

  function shape(id: string, path = ''): ShapeTimes {
    const known = measured.get(id) ?? interpolated.get(id);
    if (known !== undefined) return known;
    const size = parseShapeId(id, path);
    const canonical = shapeId(size); // "512x512" for "512x512x1"
    if (canonical !== id) return shape(canonical, path);
    const times = interpolateShape(shapes, size, path);
    if (interpolated.size === memoLimit) interpolated.delete(interpolated.keys().next().value!);
    interpolated.set(id, times);
    return times;
  }

  return { ...fields, shapes, shape };
}
