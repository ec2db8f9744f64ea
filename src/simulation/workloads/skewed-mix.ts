import { finite } from '../../model/check.js';
import { latentTokens, parseShapeId } from '../../model/index.js';
import type { Mix } from './mix.js';
import { weightedMix } from './weighted-mix.js';

/**
 * Large shapes more often: a share in proportion to `exp(alpha * L / Lmax)`, where L are the latent tokens of the shape
 * and Lmax those of the largest. The paper's *skewed* mix has alpha 1, which gives 256, 512, 1024 and 2048 squares the
 * shares 0.167, 0.175, 0.211 and 0.447.
 *
 * @param shapes - shape ids, at least one; one that stands twice counts twice
 * @param alpha - default 1; 0 is uniform, below 0 prefers small shapes
 * @throws `TetriError` `invalid-type`, `out-of-range`, `empty`, `invalid-shape`
 */
export function skewedMix(shapes: readonly string[], alpha = 1): Mix {
  finite(alpha, 'alpha');
  const tokens = shapes.map((shape, index) => latentTokens(parseShapeId(shape, `shapes[${index}]`)));
  const exponents = tokens.map((count) => (alpha * count) / Math.max(...tokens));
  // Relative to the largest, so that no alpha overflows.
  const largest = Math.max(...exponents);
  return weightedMix(
    shapes,
    exponents.map((exponent) => Math.exp(exponent - largest)),
  );
}
