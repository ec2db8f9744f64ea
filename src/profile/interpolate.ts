import { latentTokens, shapeId, TetriError, type Shape } from '../model/index.js';
import { createShapeTimes, type ShapeTimes } from './shape-times.js';

type Costs = Pick<ShapeTimes, 'degrees' | 'stepMs' | 'encodeMs' | 'decodeMs' | 'stepCv'>;

/**
 * What a shape costs that was not measured: piecewise linear in latent tokens between the nearest measured shapes below
 * and above, at the degrees that both have.
 *
 * Linear errs on the safe side. Attention makes the cost of a step convex in tokens (a constant for the launches, a
 * linear term for the projections, a quadratic one for attention), and a chord of a convex curve lies above it: times are
 * over- rather than underestimated between two measurements. Outside the measured range the same line would lie below
 * the curve, so there is no extrapolation.
 *
 * Where several measured shapes have one token count, the slower time counts, degree by degree. The coefficient of
 * variation is the larger of the two, and unknown if either is. Batches are not interpolated.
 *
 * O(measured shapes x degrees).
 *
 * @param measured - at least one, ascending in tokens
 * @param shape - a shape that is not among them
 * @param path - where its id stands, for the error
 * @throws `TetriError` `unknown-shape` outside the measured range, or between shapes that share no degree
 */
export function interpolateShape(measured: readonly ShapeTimes[], shape: Shape, path = ''): ShapeTimes {
  const id = shapeId(shape);
  const tokens = tokensLike(measured, shape);
  const below = measured.findLast((times) => times.tokens <= tokens)?.tokens;
  const above = measured.find((times) => times.tokens >= tokens)?.tokens;
  if (below === undefined || above === undefined) {
    const range = `${measured[0]!.tokens} to ${measured.at(-1)!.tokens}`;
    throw new TetriError('unknown-shape', `${id} has ${tokens} tokens; this profile measured ${range}`, path, id);
  }
  const fraction = below === above ? 0 : (tokens - below) / (above - below);
  const costs = combine(slowest(measured, below), slowest(measured, above), (a, b) => a + (b - a) * fraction);
  if (costs.degrees.length === 0) {
    const around =
      below === above ? `the shapes of ${below} tokens` : `the shapes of ${below} and ${above} tokens around it`;
    throw new TetriError('unknown-shape', `${id} cannot be interpolated: ${around} share no degree`, path, id);
  }
  return createShapeTimes({ id, ...shape, tokens, interpolated: true, batches: [], ...costs });
}

/**
 * The tokens of a shape in the model's own count. A model may cut other patches than `latentTokens()` assumes; the ratio
 * at the measured shape that is nearest in size carries over.
 */
function tokensLike(measured: readonly ShapeTimes[], shape: Shape): number {
  const count = latentTokens(shape);
  const distance = (times: ShapeTimes): number => Math.abs(latentTokens(times) - count);
  const nearest = measured.reduce((best, times) => (distance(times) < distance(best) ? times : best));
  return Math.max(1, Math.round((count * nearest.tokens) / latentTokens(nearest)));
}

/** The costs at a measured token count. */
function slowest(measured: readonly ShapeTimes[], tokens: number): Costs {
  const equal: readonly Costs[] = measured.filter((times) => times.tokens === tokens);
  return equal.reduce((a, b) => combine(a, b, Math.max));
}

/** Two costs made one by `mix`, at the degrees that both have. */
function combine(a: Costs, b: Costs, mix: (a: number, b: number) => number): Costs {
  const degrees = a.degrees.filter((degree) => b.degrees.includes(degree));
  return {
    degrees,
    stepMs: degrees.map((degree) => mix(a.stepMs[a.degrees.indexOf(degree)]!, b.stepMs[b.degrees.indexOf(degree)]!)),
    encodeMs: mix(a.encodeMs, b.encodeMs),
    decodeMs: mix(a.decodeMs, b.decodeMs),
    stepCv: a.stepCv === undefined || b.stepCv === undefined ? undefined : Math.max(a.stepCv, b.stepCv),
  };
}
