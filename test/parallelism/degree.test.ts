import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TetriError } from '../../src/model/index.js';
import {
  parallelEfficiency,
  fastestDegree,
  restrictDegrees,
  scaleUpGainMs,
  smallestFeasibleDegree,
} from '../../src/parallelism/index.js';
import { builtinProfile, stepMsAt } from '../../src/profile/index.js';
import { fractionalTimes, shapeTimes, wholeTimes } from './shape-times.js';

describe('fastestDegree', () => {
  test('is the smallest degree of the shortest step', () => {
    fc.assert(
      fc.property(wholeTimes, (times) => {
        const least = Math.min(...times.stepMs);
        expect(fastestDegree(times)).toBe(times.degrees.find((degree) => stepMsAt(times, degree) === least));
      }),
    );
  });

  test('is not the largest degree for small shapes', () => {
    expect(fastestDegree(builtinProfile('flux.1-dev_h100').shape('256x256'))).toBe(1);
    expect(fastestDegree(shapeTimes([1, 2, 4], [7, 5, 5]))).toBe(2);
  });
});

describe('smallestFeasibleDegree', () => {
  test('is the first degree that fits', () => {
    fc.assert(
      fc.property(
        wholeTimes,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 200 }),
        (times, steps, budgetMs) => {
          const fits = (degree: number): boolean => steps * stepMsAt(times, degree) <= budgetMs;
          expect(smallestFeasibleDegree(times, steps, budgetMs)).toBe(times.degrees.find(fits));
        },
      ),
    );
  });

  test('is undefined if and only if the fastest degree does not fit', () => {
    const times = shapeTimes([1, 2, 4], [10, 6, 8]);
    expect(smallestFeasibleDegree(times, 5, 30)).toBe(2);
    expect(smallestFeasibleDegree(times, 5, 29.9)).toBeUndefined();
  });
});

describe('parallelEfficiency', () => {
  test('is 1 at the cheapest degree and at most 1 elsewhere', () => {
    fc.assert(
      fc.property(fractionalTimes, (times) => {
        const all = times.degrees.map((degree) => parallelEfficiency(times, degree));
        expect(Math.max(...all)).toBe(1);
        expect(Math.min(...all)).toBeGreaterThan(0);
        expect(parallelEfficiency(times, times.degrees[times.cheapest]!)).toBe(1);
      }),
    );
  });

  test('is the share of the GPU time that is not lost', () => {
    expect(parallelEfficiency(shapeTimes([1, 2], [100, 62.5]), 2)).toBe(0.8);
  });

  test('refuses a degree that the shape lacks', () => {
    expect(() => parallelEfficiency(shapeTimes([1, 2], [10, 6]), 4)).toThrow(
      expect.objectContaining({ code: 'unknown-degree' }) as TetriError,
    );
  });
});

describe('scaleUpGainMs', () => {
  test('is what the steps get shorter by', () => {
    const times = shapeTimes([1, 2, 4], [10, 6, 8]);
    expect(scaleUpGainMs(times, 1, 2, 5)).toBe(20);
    expect(scaleUpGainMs(times, 2, 4, 5)).toBe(-10);
  });

  test('adds up along a way, and is nothing for staying', () => {
    fc.assert(
      fc.property(
        wholeTimes,
        fc.nat(),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 0, max: 50 }),
        (times, x, y, z, steps) => {
          const [a, b, c] = [x, y, z].map((index) => times.degrees[index % times.degrees.length]!) as [
            number,
            number,
            number,
          ];
          const both = scaleUpGainMs(times, a, b, steps) + scaleUpGainMs(times, b, c, steps);
          expect(scaleUpGainMs(times, a, c, steps) === both).toBe(true);
          expect(scaleUpGainMs(times, a, a, steps)).toBe(0);
        },
      ),
    );
  });

  test('refuses a degree that the shape lacks', () => {
    const times = shapeTimes([1, 2], [10, 6]);
    for (const [from, to] of [
      [1, 3],
      [3, 1],
    ] as const) {
      expect(() => scaleUpGainMs(times, from, to, 1)).toThrow(TetriError);
    }
  });
});

describe('restrictDegrees', () => {
  const limits = fc.integer({ min: 0, max: 17 });

  test('keeps the degrees up to the limit, with their times', () => {
    fc.assert(
      fc.property(fractionalTimes, limits, (times, limit) => {
        const left = times.degrees.filter((degree) => degree <= limit);
        const restricted = restrictDegrees(times, limit);
        expect(restricted?.degrees ?? []).toEqual(left);
        if (restricted === undefined) return;
        expect(restricted).toEqual({
          ...shapeTimes(left, times.stepMs.slice(0, left.length)),
          batches: times.batches.map((batch) => ({ ...batch, stepMs: batch.stepMs.slice(0, left.length) })),
        });
      }),
    );
  });

  test('takes nothing away twice, and the tighter of two limits counts', () => {
    fc.assert(
      fc.property(wholeTimes, limits, limits, (times, a, b) => {
        const once = restrictDegrees(times, a);
        expect(once && restrictDegrees(once, a)).toBe(once);
        expect(once && restrictDegrees(once, b)).toEqual(restrictDegrees(times, Math.min(a, b)));
      }),
    );
  });

  test('is the shape itself if nothing is taken away', () => {
    const times = shapeTimes([1, 2, 4], [10, 6, 4]);
    expect(restrictDegrees(times, 4)).toBe(times);
    expect(restrictDegrees(times, 0)).toBeUndefined();
  });
});
