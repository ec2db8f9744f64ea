import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseProfile } from '../../src/profile/index.js';
import { parseRoundInput, roundLengthMs, type RequestState } from '../../src/rounds/index.js';
import { randomRoundInput } from '../../src/testing/index.js';
import { stepProfile } from '../profile/fixtures.js';

const profile = parseProfile(stepProfile());

/** The length of a round in which these requests are there, in ms. */
function lengthOf(requests: readonly RequestState[], granularity?: number, gpus = 4): number {
  const input = { nowMs: 0, requests, profile, gpus: Array.from({ length: gpus }, (_, id) => ({ id })) };
  return roundLengthMs(parseRoundInput(input), granularity);
}

function request(id: string, side: number, more: Partial<RequestState> = {}): RequestState {
  return { id, shape: `${side}x${side}`, steps: 20, arrivalMs: 0, deadlineMs: 2000, ...more };
}

describe('roundLengthMs', () => {
  test('is so many fastest steps of a request that is alone', () => {
    expect([lengthOf([request('a', 1024)]), lengthOf([request('a', 1024)], 1)]).toEqual([250, 50]);
    expect(lengthOf([request('a', 256)])).toBe(100);
  });

  test('follows the mix', () => {
    // The geometric mean of 50 and 20 ms.
    expect(lengthOf([request('a', 1024), request('b', 256)], 2)).toBeCloseTo(2 * Math.sqrt(1000), 9);
  });

  test('counts requests in mid-chunk, and neither those that come later nor those that never fit', () => {
    const running = { gpus: [0], steps: 1, startMs: 0, endMs: 50 };
    expect(lengthOf([request('a', 1024, { running }), request('b', 256)], 2)).toBeCloseTo(2 * Math.sqrt(1000), 9);
    expect(lengthOf([request('a', 1024, { arrivalMs: 5 }), request('b', 256)], 2)).toBe(40);
  });

  test('counts the degrees that the cluster has', () => {
    expect(lengthOf([request('a', 1024)], 1, 1)).toBe(160);
  });

  test('is exact where all are equal, and lies between the fastest and the slowest', () => {
    expect(
      lengthOf(
        ['a', 'b', 'c'].map((id) => request(id, 512)),
        7,
      ),
    ).toBe(7 * 26);
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const input = parseRoundInput(randomRoundInput(seed));
        const fastest = [...input.waiting, ...input.running].map(({ times }) => times.minStepMs);
        if (fastest.length === 0) return;
        const stepMs = roundLengthMs(input, 1);
        expect(stepMs).toBeGreaterThanOrEqual(Math.min(...fastest) * (1 - 1e-12));
        expect(stepMs).toBeLessThanOrEqual(Math.max(...fastest) * (1 + 1e-12));
      }),
    );
  });

  test('is made from the profile if nobody is there', () => {
    expect(lengthOf([], 3)).toBeCloseTo(3 * Math.cbrt(20 * 26 * 50), 9);
  });

  test('is above 0 and grows with the granularity', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 20 }), (seed, granularity) => {
        const input = parseRoundInput(randomRoundInput(seed));
        const lengthMs = roundLengthMs(input, granularity);
        expect(lengthMs).toBeGreaterThan(0);
        expect(roundLengthMs(input, 2 * granularity)).toBe(2 * lengthMs);
      }),
    );
  });

  test.each([0, -1, 2.5, NaN, Infinity])('refuses a granularity of %s', (granularity) => {
    expect(() => lengthOf([], granularity)).toThrow(
      expect.objectContaining({ code: 'out-of-range', path: 'stepGranularity' }) as Error,
    );
  });
});
