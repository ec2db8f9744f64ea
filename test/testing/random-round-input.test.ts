import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseProfile } from '../../src/profile/index.js';
import { parseRoundInput, type RoundInput } from '../../src/rounds/index.js';
import { randomRoundInput, randomStepProfile, type RandomRoundInputOptions } from '../../src/testing/index.js';

const seeds = fc.nat();

/** The input without the functions of its profile. */
function plain(input: RoundInput): unknown {
  return JSON.parse(JSON.stringify(input));
}

describe('randomRoundInput', () => {
  test('is always a valid input', () => {
    fc.assert(
      fc.property(seeds, fc.boolean(), (seed, fractional) => {
        const input = randomRoundInput(seed, { fractional });
        expect(parseRoundInput(input).order).toHaveLength(input.requests.length);
      }),
    );
  });

  test('is a function of the seed', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(plain(randomRoundInput(seed))).toEqual(plain(randomRoundInput(seed)));
        expect(plain(randomRoundInput(seed))).not.toEqual(plain(randomRoundInput(seed + 1)));
      }),
    );
  });

  test('does as it is told', () => {
    const profile = randomStepProfile(7);
    const options: RandomRoundInputOptions = { requests: 5, gpus: 6, domains: 1, quiet: true, profile };
    fc.assert(
      fc.property(seeds, (seed) => {
        const input = randomRoundInput(seed, options);
        const parsed = parseRoundInput(input);
        expect([input.requests.length, input.gpus.length, input.profile.model]).toEqual([5, 6, 'random-7']);
        expect(parsed.running).toEqual([]);
        expect(new Set(parsed.gpus.map(({ domain }) => domain)).size).toBe(1);
        expect(parsed.gpus.every(({ freeAtMs }) => freeAtMs === input.nowMs)).toBe(true);
        expect(input.requests.every(({ arrivalMs }) => arrivalMs <= input.nowMs)).toBe(true);
      }),
    );
  });

  test('is in whole milliseconds unless fractions are asked for', () => {
    const times = (input: RoundInput): number[] => [
      input.nowMs,
      ...input.requests.flatMap(({ arrivalMs, deadlineMs, running }) => [arrivalMs, deadlineMs, running?.endMs ?? 0]),
      ...input.gpus.map(({ busyUntilMs }) => busyUntilMs ?? 0),
      ...input.profile.shapes.flatMap(({ stepMs, encodeMs, decodeMs }) => [...stepMs, encodeMs, decodeMs]),
    ];
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(times(randomRoundInput(seed)).every(Number.isSafeInteger)).toBe(true);
        expect(times(randomRoundInput(seed, { fractional: true })).every(Number.isSafeInteger)).toBe(false);
      }),
    );
  });

  test('other GPUs do not mean other requests', () => {
    const shapes = (gpus: number): unknown =>
      randomRoundInput(3, { gpus, quiet: true, requests: 4 }).requests.map(({ shape }) => shape);
    expect(shapes(2)).toEqual(shapes(2));
    expect(randomRoundInput(3, { gpus: 2 }).profile.degrees).toEqual(randomRoundInput(3, { gpus: 9 }).profile.degrees);
  });

  test('covers what a scheduler meets', () => {
    const inputs = Array.from({ length: 300 }, (_, seed) => randomRoundInput(seed));
    const count = (is: (input: RoundInput) => boolean): number => inputs.filter(is).length;
    const counts = {
      lateRequests: count(({ nowMs, requests }) => requests.some(({ deadlineMs }) => deadlineMs < nowMs)),
      notArrived: count(({ nowMs, requests }) => requests.some(({ arrivalMs }) => arrivalMs > nowMs)),
      midChunk: count(({ requests }) => requests.some(({ running }) => running !== undefined)),
      batchInMidChunk: count(({ requests }) =>
        requests.some(
          (a) => a.running && requests.some((b) => b !== a && b.running?.gpus.join() === a.running?.gpus.join()),
        ),
      ),
      hadGpus: count(({ requests }) => requests.some(({ lastGpus }) => (lastGpus?.length ?? 0) > 1)),
      lostGpus: count(({ requests }) => requests.some(({ lastGpus }) => lastGpus?.includes(1000) === true)),
      cacheHits: count(({ requests }) => requests.some(({ startStep }) => (startStep ?? 0) > 0)),
      weights: count(({ requests }) => requests.some(({ weight }) => weight !== undefined)),
      busyGpus: count(({ nowMs, gpus }) =>
        gpus.some(({ busyUntilMs }) => busyUntilMs !== undefined && busyUntilMs > nowMs),
      ),
      severalDomains: count(({ gpus }) => new Set(gpus.map(({ domain }) => domain)).size > 1),
      oddDegrees: count(({ profile }) => profile.degrees.some((degree) => Math.log2(degree) % 1 !== 0)),
      withoutDegreeOne: count(({ profile }) => profile.shapes.some(({ degrees }) => degrees[0] !== 1)),
      slowerWithDegree: count(({ profile }) =>
        profile.shapes.some(({ stepMs }) => stepMs.some((ms, index) => ms > (stepMs[index - 1] ?? Infinity))),
      ),
      batches: count(({ profile }) => profile.shapes.some(({ batches }) => batches.length > 0)),
      encoding: count(({ profile }) => profile.shapes.some(({ encodeMs }) => encodeMs > 0)),
      noRequest: count(({ requests }) => requests.length === 0),
    };
    expect(Object.entries(counts).filter(([, times]) => times < 3)).toEqual([]);
  });
});

describe('randomStepProfile', () => {
  test('is always a valid profile, and a function of the seed', () => {
    fc.assert(
      fc.property(seeds, fc.boolean(), (seed, fractional) => {
        const profile = randomStepProfile(seed, { fractional });
        expect(parseProfile(profile).shapes).toHaveLength(profile.shapes.length);
        expect(randomStepProfile(seed, { fractional })).toEqual(profile);
      }),
    );
  });

  test.each([-1, 0.5, NaN])('refuses a seed of %s', (seed) => {
    expect(() => randomStepProfile(seed)).toThrow(expect.objectContaining({ code: 'out-of-range' }) as Error);
    expect(() => randomRoundInput(seed)).toThrow(expect.objectContaining({ code: 'out-of-range' }) as Error);
  });
});
