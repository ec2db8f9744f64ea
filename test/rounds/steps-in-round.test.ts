import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stepsInRound } from '../../src/rounds/index.js';

const stepTimes = fc.double({ min: 0.001, max: 1e5, noNaN: true });
const counts = fc.integer({ min: 1, max: 1000 });

describe('stepsInRound', () => {
  test('a window of n steps holds n, however it was reckoned', () => {
    fc.assert(
      fc.property(stepTimes, counts, (stepMs, count) => {
        let sum = 0;
        for (let step = 0; step < count; step++) sum += stepMs;
        expect([stepsInRound(count * stepMs, stepMs), stepsInRound(sum, stepMs)]).toEqual([count, count]);
      }),
    );
  });

  test('never holds more than fit, but for a billionth of a step', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), stepTimes, (windowMs, stepMs) => {
        const steps = stepsInRound(windowMs, stepMs);
        expect(Number.isSafeInteger(steps)).toBe(true);
        expect(steps * stepMs).toBeLessThanOrEqual(windowMs + 2e-9 * stepMs + 1e-15 * windowMs);
        expect((steps + 1) * stepMs).toBeGreaterThan(windowMs);
      }),
    );
  });

  test('never falls with a longer window or a shorter step', () => {
    const windows = fc.double({ min: -10, max: 1e4, noNaN: true });
    fc.assert(
      fc.property(windows, windows, stepTimes, stepTimes, (a, b, s, t) => {
        expect(stepsInRound(Math.max(a, b), s)).toBeGreaterThanOrEqual(stepsInRound(Math.min(a, b), s));
        expect(stepsInRound(a, Math.min(s, t))).toBeGreaterThanOrEqual(stepsInRound(a, Math.max(s, t)));
      }),
    );
  });

  test.each([0, -0, -1, -Infinity])('nothing fits a window of %s', (windowMs) => {
    expect(stepsInRound(windowMs, 10)).toBe(0);
  });

  test('tenths do not add up to less', () => {
    expect([0.3 / 0.1, stepsInRound(0.3, 0.1)]).toEqual([2.9999999999999996, 3]);
    expect(stepsInRound(0.99, 0.1)).toBe(9);
  });
});
