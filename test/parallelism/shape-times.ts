import fc from 'fast-check';
import { createShapeTimes, type ShapeTimes } from '../../src/profile/shape-times.js';

/** A shape of which only the step times matter. */
export function shapeTimes(degrees: readonly number[], stepMs: readonly number[]): ShapeTimes {
  return createShapeTimes({
    id: '16x16',
    width: 16,
    height: 16,
    frames: 1,
    tokens: 1,
    interpolated: false,
    degrees,
    stepMs,
    batches: [{ size: 2, stepMs: stepMs.map((ms, index) => (index % 2 === 0 ? 1.5 * ms : undefined)) }],
    encodeMs: 0,
    decodeMs: 0,
    stepCv: undefined,
  });
}

/** Any shape: some degrees, and step times that neither fall nor rise. */
function shapeTimesOf(ms: fc.Arbitrary<number>): fc.Arbitrary<ShapeTimes> {
  return fc
    .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 16 }), ms), {
      minLength: 1,
      maxLength: 5,
      selector: ([degree]) => degree,
    })
    .map((pairs) => pairs.sort(([a], [b]) => a - b))
    .map((pairs) =>
      shapeTimes(
        pairs.map(([degree]) => degree),
        pairs.map(([, each]) => each),
      ),
    );
}

/** Small whole step times, so that plans often cost the same. */
export const wholeTimes: fc.Arbitrary<ShapeTimes> = shapeTimesOf(fc.integer({ min: 1, max: 12 }));

/** Step times that no binary fraction represents. */
export const fractionalTimes: fc.Arbitrary<ShapeTimes> = shapeTimesOf(fc.double({ min: 0.1, max: 100, noNaN: true }));
