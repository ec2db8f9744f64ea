import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { latentTokens, parseShapeId, shapeId, TetriError } from '../../src/model/index.js';

const sizes = fc.integer({ min: 1, max: 999_999 });
const shapes = fc.record({ width: sizes, height: sizes, frames: fc.oneof(fc.constant(1), sizes) });

describe('shape ids', () => {
  test('are read back as they were written', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        expect(parseShapeId(shapeId(shape))).toEqual(shape);
      }),
    );
  });

  test('name different shapes differently', () => {
    fc.assert(
      fc.property(shapes, shapes, (a, b) => {
        const isSame = a.width === b.width && a.height === b.height && a.frames === b.frames;
        expect(shapeId(a) === shapeId(b)).toBe(isSame);
      }),
    );
  });

  test('leave out the one frame of an image', () => {
    expect(shapeId({ width: 1024, height: 512, frames: 1 })).toBe('1024x512');
    expect(shapeId({ width: 1280, height: 720, frames: 129 })).toBe('1280x720x129');
    expect(parseShapeId('1024x512x1')).toEqual({ width: 1024, height: 512, frames: 1 });
  });

  test.each([
    '',
    '1024',
    '1024x',
    'x1024',
    '0x5',
    '05x5',
    '5x0',
    '5x5x0',
    '-5x5',
    '5.5x5',
    '5x5x5x5',
    '1e3x5',
    ' 5x5',
    '5x5 ',
    '5x5\n',
    '1000000x5',
    '5X5',
    '5×5',
    'infinityxNaN',
  ])('are refused: %j', (id) => {
    expect(() => parseShapeId(id, 'somewhere')).toThrow(
      expect.objectContaining({ code: 'invalid-shape', path: 'somewhere', received: id }) as TetriError,
    );
  });

  test('are read back or refused, whatever the text', () => {
    const texts = fc.oneof(fc.string(), fc.stringMatching(/^[0-9x]{0,12}$/));
    fc.assert(
      fc.property(texts, (id) => {
        try {
          const { width, height, frames } = parseShapeId(id);
          expect([`${width}x${height}`, `${width}x${height}x${frames}`]).toContain(id);
        } catch (error) {
          expect(TetriError.isInstance(error)).toBe(true);
        }
      }),
    );
  });
});

describe('latentTokens', () => {
  test('are those of the paper', () => {
    const tokens = [256, 512, 1024, 2048].map((side) => latentTokens({ width: side, height: side, frames: 1 }));
    expect(tokens).toEqual([256, 1024, 4096, 16384]);
  });

  test('count one latent frame for the first frame and one for every four that follow', () => {
    const frames = [1, 2, 5, 6, 9, 129].map((count) => latentTokens({ width: 16, height: 16, frames: count }));
    expect(frames).toEqual([1, 2, 2, 3, 3, 33]);
  });

  test('never fall when a shape grows, and are at least 1', () => {
    fc.assert(
      fc.property(shapes, fc.constantFrom('width' as const, 'height' as const, 'frames' as const), (shape, side) => {
        const larger = { ...shape, [side]: shape[side] + 1 };
        expect(latentTokens(larger)).toBeGreaterThanOrEqual(latentTokens(shape));
        expect(latentTokens(shape)).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});
