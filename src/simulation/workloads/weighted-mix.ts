import { nonEmptyList, nonNegative, positive } from '../../model/check.js';
import { parseShapeId, shapeId } from '../../model/index.js';
import type { Mix } from './mix.js';

/**
 * Shapes by weight, the same all the time.
 *
 * @param shapes - shape ids, at least one; one that stands twice counts twice
 * @param weights - aligned with `shapes`; none below 0, and not all 0
 * @throws `TetriError` `invalid-type`, `out-of-range`, `empty`, `invalid-shape`
 */
export function weightedMix(shapes: readonly string[], weights: readonly number[]): Mix {
  nonEmptyList(shapes, 'shapes');
  const weightOf = new Map<string, number>();
  for (const [index, shape] of shapes.entries()) {
    const id = shapeId(parseShapeId(shape, `shapes[${index}]`));
    weightOf.set(id, (weightOf.get(id) ?? 0) + nonNegative(weights[index], `weights[${index}]`));
  }
  const sum = positive(
    [...weightOf.values()].reduce((a, b) => a + b),
    'weights',
  );
  const shares = Array.from(weightOf, ([shape, weight]) => ({ shape, share: weight / sum }));
  return () => shares;
}
