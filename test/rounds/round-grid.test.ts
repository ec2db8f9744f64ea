import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextBoundaryMs } from '../../src/rounds/index.js';

describe('nextBoundaryMs', () => {
  test.each([
    [0, 100, 0, 100],
    [99, 100, 0, 100],
    [100, 100, 0, 200],
    [-1, 100, 0, 0],
    [250, 100, 30, 330],
    [30, 100, 30, 130],
  ])('after %d, with rounds of %d from %d, is %d', (nowMs, roundMs, originMs, expected) => {
    expect(nextBoundaryMs(nowMs, roundMs, originMs)).toBe(expected);
  });

  test('a sum of fractions that falls a hair short of a boundary has reached it', () => {
    const roundMs = 0.1;
    expect(nextBoundaryMs(0.1 + 0.1 + 0.1 - 1e-12, roundMs)).toBeCloseTo(0.4, 9);
  });

  test('lies on the grid, after now, by no more than a round', () => {
    const whole = fc.integer({ min: -1_000_000, max: 1_000_000 });
    fc.assert(
      fc.property(whole, fc.integer({ min: 1, max: 5000 }), whole, (nowMs, roundMs, originMs) => {
        const boundaryMs = nextBoundaryMs(nowMs, roundMs, originMs);
        expect(boundaryMs).toBeGreaterThan(nowMs);
        expect(boundaryMs - nowMs).toBeLessThanOrEqual(roundMs);
        expect(Math.abs((boundaryMs - originMs) % roundMs)).toBe(0);
      }),
    );
  });

  test.each([
    [NaN, 1, 0, 'nowMs'],
    [0, 0, 0, 'roundMs'],
    [0, -5, 0, 'roundMs'],
    [0, 1, Infinity, 'originMs'],
  ])('refuses %d, %d, %d', (nowMs, roundMs, originMs, path) => {
    expect(() => nextBoundaryMs(nowMs, roundMs, originMs)).toThrow(
      expect.objectContaining({ code: 'out-of-range', path }) as Error,
    );
  });
});
