import type { ProfileSource } from './step-profile.js';
import type { ShapeTimes } from './shape-times.js';

/** A checked step-time profile, ready to plan with. Made by `parseProfile()` or `builtinProfile()`; immutable. */
export interface Profile {
  /** Such as `"flux.1-dev"`. */
  readonly model: string;
  /** Such as `"NVIDIA H100 SXM (NVLink)"`. */
  readonly accelerator: string;
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
   * @throws `TetriError` `invalid-shape` if it is no shape id, `unknown-shape` if it has fewer or more tokens than any measured shape
   */
  shape(id: string, path?: string): ShapeTimes;
}
