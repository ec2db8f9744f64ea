import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { driftingMix, skewedMix, uniformMix, weightedMix, type Mix } from '../../src/simulation/workloads/index.js';

const squares = ['256x256', '512x512', '1024x1024', '2048x2048'];
const sharesOf = (mix: Mix, progress = 0): Record<string, number> =>
  Object.fromEntries(mix(progress).map(({ shape, share }) => [shape, share]));
const code = (wanted: string, path: string): unknown => expect.objectContaining({ code: wanted, path });

describe('mixes', () => {
  it('uniform: every shape equally often', () => {
    expect(sharesOf(uniformMix(squares))).toEqual({
      '256x256': 0.25,
      '512x512': 0.25,
      '1024x1024': 0.25,
      '2048x2048': 0.25,
    });
  });

  it("skewed: the paper's shares", () => {
    const shares = skewedMix(squares)(0).map(({ share }) => Number(share.toFixed(3)));
    expect(shares).toEqual([0.167, 0.175, 0.211, 0.447]);
  });

  it('skewed: alpha 0 is uniform, below 0 prefers small shapes, and none overflows', () => {
    expect(skewedMix(squares, 0)(0)).toEqual(uniformMix(squares)(0));
    const small = skewedMix(squares, -2)(0).map(({ share }) => share);
    expect(small).toEqual(small.toSorted((a, b) => b - a));
    expect(sharesOf(skewedMix(squares, 1e5))['2048x2048']).toBe(1);
    expect(sharesOf(skewedMix(squares, -1e5))['256x256']).toBe(1);
  });

  it('weighted: in proportion, one entry a shape', () => {
    expect(sharesOf(weightedMix(['256x256', '512x512x1', '512x512', '64x64'], [2, 1, 1, 0]))).toEqual({
      '256x256': 0.5,
      '512x512': 0.5,
      '64x64': 0,
    });
  });

  it('drifting: a straight line from one mix to the other', () => {
    const drift = driftingMix(uniformMix(['256x256', '512x512']), uniformMix(['512x512', '1024x1024']));
    expect(sharesOf(drift, 0)).toEqual({ '256x256': 0.5, '512x512': 0.5, '1024x1024': 0 });
    expect(sharesOf(drift, 0.25)).toEqual({ '256x256': 0.375, '512x512': 0.5, '1024x1024': 0.125 });
    expect(sharesOf(drift, 1)).toEqual({ '256x256': 0, '512x512': 0.5, '1024x1024': 0.5 });
  });

  it('list the same shapes at any progress, with shares that sum to 1', () => {
    const shapes = fc.uniqueArray(fc.constantFrom(...squares, '1280x720x129'), { minLength: 1 });
    const mixes = fc.tuple(shapes, shapes, fc.double({ min: -5, max: 5, noNaN: true }));
    fc.assert(
      fc.property(mixes, fc.double({ min: 0, max: 1, noNaN: true }), ([from, to, alpha], progress) => {
        const mix = driftingMix(skewedMix(from, alpha), uniformMix(to));
        const now = mix(progress);
        expect(now.map(({ shape }) => shape)).toEqual(mix(0).map(({ shape }) => shape));
        expect(now.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
        expect(now.every(({ share }) => share >= 0 && share <= 1)).toBe(true);
      }),
    );
  });

  it('refuse what makes no sense', () => {
    expect(() => uniformMix([])).toThrow(code('empty', 'shapes'));
    expect(() => skewedMix([])).toThrow(code('empty', 'shapes'));
    expect(() => uniformMix(['256x256', 'big'])).toThrow(code('invalid-shape', 'shapes[1]'));
    expect(() => skewedMix(['big'])).toThrow(code('invalid-shape', 'shapes[0]'));
    expect(() => skewedMix(squares, NaN)).toThrow(code('out-of-range', 'alpha'));
    expect(() => weightedMix(squares, [1, 2, 3])).toThrow(code('invalid-type', 'weights[3]'));
    expect(() => weightedMix(['256x256'], [-1])).toThrow(code('out-of-range', 'weights[0]'));
    expect(() => weightedMix(squares, [0, 0, 0, 0])).toThrow(code('out-of-range', 'weights'));
  });
});
