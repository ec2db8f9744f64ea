import fc from 'fast-check';
import type { MsByDegree, StepProfile, StepProfileShape } from '../../src/profile/index.js';
import { shapeId } from '../../src/model/index.js';

/** A square image of `side` pixels a side. */
export function squareOf(
  side: number,
  stepMs: MsByDegree,
  more: Partial<Omit<StepProfileShape, 'stepMs'>> = {},
): StepProfileShape {
  return { id: `${side}x${side}`, width: side, height: side, frames: 1, stepMs, ...more };
}

/** A small valid profile: 256, 1024 and 4096 tokens. */
export function stepProfile(more: Partial<StepProfile> = {}): StepProfile {
  return {
    schemaVersion: 1,
    model: 'toy',
    accelerator: 'none',
    source: { kind: 'measured', by: 'nobody' },
    degrees: [1, 2, 4],
    shapes: [
      squareOf(256, { '1': 20, '2': 22, '4': 24 }, { encodeMs: 10, decodeMs: 4, stepCv: 0.01 }),
      squareOf(512, { '1': 40, '2': 30, '4': 26 }, { encodeMs: 20, decodeMs: 8, stepCv: 0.002 }),
      squareOf(1024, { '1': 160, '2': 90, '4': 50 }, { encodeMs: 20, decodeMs: 40 }),
    ],
    ...more,
  };
}

const ms = fc.double({ min: 0.01, max: 1e6, noNaN: true });

/** Any valid profile of images and videos, each shape with some of the degrees. */
export const stepProfiles: fc.Arbitrary<StepProfile> = fc
  .uniqueArray(fc.integer({ min: 1, max: 32 }), { minLength: 1, maxLength: 5 })
  .map((degrees) => degrees.sort((a, b) => a - b))
  .chain((degrees) =>
    fc.record({
      schemaVersion: fc.constant(1 as const),
      model: fc.string({ minLength: 1 }),
      accelerator: fc.string({ minLength: 1 }),
      source: fc.record(
        {
          kind: fc.constantFrom('measured' as const, 'estimated' as const),
          by: fc.constant('x'),
          note: fc.constant('y'),
        },
        { requiredKeys: ['kind'] },
      ),
      degrees: fc.constant(degrees),
      shapes: fc.uniqueArray(shapesOf(degrees), { minLength: 1, maxLength: 6, selector: (shape) => shape.id }),
    }),
  );

function shapesOf(degrees: readonly number[]): fc.Arbitrary<StepProfileShape> {
  const sizes = fc.record({
    width: fc.integer({ min: 1, max: 4096 }),
    height: fc.integer({ min: 1, max: 4096 }),
    frames: fc.constantFrom(1, 17, 129),
  });
  return sizes.chain((size) =>
    fc.subarray([...degrees], { minLength: 1 }).chain((own) =>
      fc.record(
        {
          id: fc.constant(shapeId(size)),
          width: fc.constant(size.width),
          height: fc.constant(size.height),
          frames: fc.constant(size.frames),
          tokens: fc.integer({ min: 1, max: 200_000 }),
          stepMs: msByDegree(own, own.length),
          batchStepMs: fc.dictionary(fc.integer({ min: 2, max: 9 }).map(String), msByDegree(own, 1), { maxKeys: 3 }),
          encodeMs: fc.oneof(fc.constant(0), ms),
          decodeMs: fc.oneof(fc.constant(0), ms),
          stepCv: fc.double({ min: 0, max: 0.99, noNaN: true }),
        },
        { requiredKeys: ['id', 'width', 'height', 'frames', 'stepMs'] },
      ),
    ),
  );
}

function msByDegree(degrees: number[], minLength: number): fc.Arbitrary<MsByDegree> {
  return fc
    .subarray(degrees, { minLength })
    .chain((own) => fc.tuple(...own.map((degree) => fc.tuple(fc.constant(String(degree)), ms))))
    .map((entries) => Object.fromEntries(entries));
}
