import { describe, expect, it } from 'vitest';
import { randomStreams } from '../../src/simulation/random.js';
import {
  burstArrivals,
  constantArrivals,
  poissonArrivals,
  type Arrivals,
  type BurstOptions,
} from '../../src/simulation/workloads/index.js';

const draw = (arrivals: Arrivals, count: number, seed = 1): number[] =>
  Array.from({ length: count }, arrivals(randomStreams(seed)));
const gapsOf = (times: readonly number[]): number[] => times.map((time, index) => time - (times[index - 1] ?? 0));
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const seeds = [1, 2, 3, 4, 5];
const bursts: BurstOptions = { ratePerMin: 12, factor: 10, burstMs: 10_000, gapMs: 50_000 };

describe.each([
  ['constant', constantArrivals(12)],
  ['poisson', poissonArrivals(12)],
  ['periodic bursts', burstArrivals(bursts)],
  ['random bursts', burstArrivals({ ...bursts, randomWindows: true })],
])('%s arrivals', (_, arrivals) => {
  it('never fall, and start at 0 or later', () => {
    for (const gap of gapsOf(draw(arrivals, 10_000))) expect(gap).toBeGreaterThanOrEqual(0);
  });

  it('are the same again from the same seed, and do not disturb each other', () => {
    const [a, b] = [arrivals(randomStreams(3)), arrivals(randomStreams(3))];
    const times = Array.from({ length: 100 }, () => [a(), b()] as const);
    for (const [one, other] of times) expect(one).toBe(other);
    expect(times.map(([one]) => one)).toEqual(draw(arrivals, 100, 3));
  });
});

describe('constantArrivals', () => {
  it('come in equal distances from 0 on', () => {
    expect(draw(constantArrivals(12), 4)).toEqual([0, 5000, 10_000, 15_000]);
    expect(draw(constantArrivals(7), 8)[7]).toBe(60_000);
  });
});

describe('poissonArrivals', () => {
  // The mean of n exponential gaps has a relative standard deviation of 1 / sqrt(n).
  it.each(seeds)('have the mean and the spread of a Poisson process, seed %i', (seed) => {
    const gaps = gapsOf(draw(poissonArrivals(12), 20_000, seed));
    expect(Math.abs(mean(gaps) / 5000 - 1)).toBeLessThan(4 / Math.sqrt(gaps.length));
    // Squared gaps have a mean of 2 and a standard deviation of sqrt(20), in means.
    expect(Math.abs(mean(gaps.map((gap) => (gap / 5000) ** 2)) - 2)).toBeLessThan(4 * Math.sqrt(20 / gaps.length));
    // No memory: a gap longer than the mean happens with a probability of 1 / e.
    const long = gaps.filter((gap) => gap > 5000).length / gaps.length;
    expect(Math.abs(long - Math.exp(-1))).toBeLessThan(2 / Math.sqrt(gaps.length));
  });

  it('at twice the rate are the same arrivals in half the time', () => {
    const fast = draw(poissonArrivals(24), 100);
    for (const [index, time] of draw(poissonArrivals(12), 100).entries()) expect(fast[index]).toBeCloseTo(time / 2, 6);
  });

  it('differ by seed', () => {
    expect(draw(poissonArrivals(12), 10, 1)).not.toEqual(draw(poissonArrivals(12), 10, 2));
  });
});

describe('burstArrivals', () => {
  const inBurst = (time: number): boolean => time % 60_000 >= 50_000;

  it.each(seeds)('come at the base rate between bursts and at factor times that in them, seed %i', (seed) => {
    const times = draw(burstArrivals(bursts), 30_000, seed);
    const minutes = times.at(-1)! / 60_000;
    const during = times.filter(inBurst).length;
    // Counts are Poisson distributed: their standard deviation is the square root of their mean.
    const [expectedDuring, expectedBetween] = [(120 / 6) * minutes, 12 * (5 / 6) * minutes];
    expect(Math.abs(during - expectedDuring)).toBeLessThan(4 * Math.sqrt(expectedDuring));
    expect(Math.abs(times.length - during - expectedBetween)).toBeLessThan(4 * Math.sqrt(expectedBetween));
  });

  it.each(seeds)('of random windows have the same mean rate and no fixed times, seed %i', (seed) => {
    const times = draw(burstArrivals({ ...bursts, randomWindows: true }), 30_000, seed);
    // 30 a minute in the mean, in 1000 minutes; windows of random length spread it by some 4 %.
    expect(times.at(-1)! / 60_000).toBeGreaterThan(900);
    expect(times.at(-1)! / 60_000).toBeLessThan(1100);
    // Bursts lie anywhere in the minute.
    expect(times.filter(inBurst).length / times.length).toBeLessThan(0.25);
    const gaps = gapsOf(times);
    const variation = Math.sqrt(mean(gaps.map((gap) => gap ** 2)) / mean(gaps) ** 2 - 1);
    expect(variation).toBeGreaterThan(1.5);
  });

  it('with a factor of 1 are a Poisson process', () => {
    const plain = draw(poissonArrivals(12), 1000);
    for (const randomWindows of [false, true]) {
      const times = draw(burstArrivals({ ...bursts, factor: 1, randomWindows }), 1000);
      for (const [index, time] of times.entries()) expect(time).toBeCloseTo(plain[index]!, 4);
    }
  });

  it('with a factor below 1 are lulls', () => {
    const times = draw(burstArrivals({ ...bursts, factor: 0.01 }), 10_000);
    expect(times.filter(inBurst).length).toBeLessThan(60);
  });

  it('burst at the same times whatever the rates', () => {
    // So few between and so many during bursts that the first request marks the start of the first burst.
    const options: BurstOptions = { ratePerMin: 1e-3, factor: 1e9, burstMs: 1000, gapMs: 9000, randomWindows: true };
    for (const seed of seeds) {
      const [start] = draw(burstArrivals(options), 1, seed);
      expect(draw(burstArrivals({ ...options, factor: 1e10 }), 1, seed)[0]).toBeCloseTo(start!, 0);
    }
    expect(draw(burstArrivals({ ...options, randomWindows: false }), 1)[0]).toBeCloseTo(9000, 0);
  });
});

it.each<[string, () => Arrivals, string]>([
  ['a constant rate of 0', () => constantArrivals(0), 'ratePerMin'],
  ['an endless Poisson rate', () => poissonArrivals(Infinity), 'ratePerMin'],
  ['a negative base rate', () => burstArrivals({ ...bursts, ratePerMin: -1 }), 'ratePerMin'],
  ['a factor of 0', () => burstArrivals({ ...bursts, factor: 0 }), 'factor'],
  ['bursts of no length', () => burstArrivals({ ...bursts, burstMs: 0 }), 'burstMs'],
  ['gaps of half a millisecond', () => burstArrivals({ ...bursts, gapMs: 0.5 }), 'gapMs'],
])('arrivals refuse %s', (_, create, path) => {
  expect(create).toThrow(expect.objectContaining({ code: 'out-of-range', path }));
});
