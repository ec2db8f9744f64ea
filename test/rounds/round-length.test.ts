import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { widestEfficientDegree } from '../../src/parallelism/index.js';
import { parseProfile, stepMsAt } from '../../src/profile/index.js';
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

// Best degrees, those of at least 70 % parallelEfficiency, and their steps: see the fixture.
const best = { 256: 20, 512: 40, 1024: 50 };

describe('roundLengthMs', () => {
  test('stands on these steps', () => {
    for (const [side, stepMs] of Object.entries(best)) {
      const times = profile.shape(`${side}x${side}`);
      expect(stepMsAt(times, widestEfficientDegree(times))).toBe(stepMs);
    }
  });

  test('is so many steps of the average shape, at its best degree', () => {
    expect(lengthOf([request('a', 1024)])).toBeCloseTo(5 * Math.cbrt(best[256] * best[512] * best[1024]), 9);
    expect(lengthOf([request('a', 256), request('b', 1024)], 2)).toBeCloseTo(lengthOf([request('a', 1024)], 2), 9);
  });

  test('leaves out shapes that are larger than all that is asked for', () => {
    expect(lengthOf([request('a', 512)], 3)).toBeCloseTo(3 * Math.sqrt(best[256] * best[512]), 9);
    expect(lengthOf([request('a', 256)])).toBe(5 * best[256]);
  });

  test('counts requests in mid-chunk, and neither those that come later nor those that never fit', () => {
    const running = { gpus: [0], steps: 1, startMs: 0, endMs: 50 };
    expect(lengthOf([request('a', 1024, { running }), request('b', 256)])).toBe(lengthOf([request('a', 1024)]));
    expect(lengthOf([request('a', 1024, { arrivalMs: 5 }), request('b', 256)])).toBe(lengthOf([request('b', 256)]));
  });

  test('counts the degrees that the cluster has', () => {
    const alone = [20, 40, 160].reduce((product, ms) => product * ms);
    expect(lengthOf([request('a', 1024)], 1, 1)).toBeCloseTo(Math.cbrt(alone), 9);
  });

  test('is made from all shapes of the profile if nobody is there', () => {
    expect(lengthOf([], 3)).toBeCloseTo(3 * Math.cbrt(best[256] * best[512] * best[1024]), 9);
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
