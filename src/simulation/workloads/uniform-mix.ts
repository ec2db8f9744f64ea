import type { Mix } from './mix.js';
import { weightedMix } from './weighted-mix.js';

/**
 * Every shape equally often: the paper's *uniform* mix.
 *
 * @param shapes - shape ids, at least one; one that stands twice counts twice
 * @throws `TetriError` `empty`, `invalid-shape`
 */
export function uniformMix(shapes: readonly string[]): Mix {
  return weightedMix(
    shapes,
    shapes.map(() => 1),
  );
}
