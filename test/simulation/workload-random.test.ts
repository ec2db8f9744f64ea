import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStreams, type RandomSource } from '../../src/simulation/random.js';

const draw = (source: RandomSource, count: number): number[] => Array.from({ length: count }, source);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function correlation(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  const covariance = mean(a.map((value, index) => (value - meanA) * (b[index]! - meanB)));
  return (
    covariance / Math.sqrt(mean(a.map((value) => (value - meanA) ** 2)) * mean(b.map((value) => (value - meanB) ** 2)))
  );
}

describe('randomStreams', () => {
  it('is the same stream again for the same seed and label, whatever else is drawn', () => {
    fc.assert(
      fc.property(fc.nat(), fc.string(), fc.string(), (seed, label, other) => {
        const random = randomStreams(seed);
        const stream = random(label);
        const beside = random(`${other}.`);
        const mixed = Array.from({ length: 20 }, () => [stream(), beside()][0]!);
        expect(mixed).toEqual(draw(randomStreams(seed)(label), 20));
        expect(mixed.every((value) => value >= 0 && value < 1)).toBe(true);
      }),
    );
  });

  it('gives the streams that it gave before', () => {
    // A change here changes every workload that anyone has published by its seed.
    expect(draw(randomStreams(1)('arrivals'), 3)).toMatchInlineSnapshot(`
      [
        0.4706401009990161,
        0.44309032817735583,
        0.41671430962091494,
      ]
    `);
  });

  it('differs by seed and by label', () => {
    const firsts = Array.from({ length: 1000 }, (_, seed) => [
      randomStreams(seed)('arrivals')(),
      randomStreams(seed)('shapes')(),
    ]);
    expect(new Set(firsts.flat()).size).toBe(2000);
  });

  it('is uniform', () => {
    const values = draw(randomStreams(7)('x'), 100_000);
    expect(Math.abs(mean(values) - 1 / 2)).toBeLessThan(4 / Math.sqrt(12 * values.length));
    const tenths = Array.from(
      { length: 10 },
      (_, tenth) => values.filter((value) => Math.floor(value * 10) === tenth).length,
    );
    for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(4 * Math.sqrt(9000));
  });

  // The standard deviation of a correlation of n independent pairs is 1 / sqrt(n).
  it.each([0, 1, 5, 50])('draw %i is uncorrelated between consecutive seeds and between labels', (position) => {
    const nth = (seed: number, label: string): number => draw(randomStreams(seed)(label), position + 1)[position]!;
    const seeds = Array.from({ length: 4000 }, (_, seed) => seed);
    const arrivals = seeds.map((seed) => nth(seed, 'arrivals'));
    const limit = 4 / Math.sqrt(seeds.length);
    expect(Math.abs(mean(arrivals) - 1 / 2)).toBeLessThan(limit / Math.sqrt(12));
    expect(Math.abs(correlation(arrivals.slice(1), arrivals.slice(0, -1)))).toBeLessThan(limit);
    expect(
      Math.abs(
        correlation(
          arrivals,
          seeds.map((seed) => nth(seed, 'shapes')),
        ),
      ),
    ).toBeLessThan(limit);
  });

  it('consecutive seeds run through uncorrelated streams', () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const [a, b] = [seed, seed + 1].map((each) => draw(randomStreams(each)('arrivals'), 4000));
      expect(Math.abs(correlation(a!, b!))).toBeLessThan(4 / Math.sqrt(4000));
    }
  });

  it.each([
    [-1, 'out-of-range'],
    [0.5, 'out-of-range'],
    [NaN, 'out-of-range'],
    ['1', 'invalid-type'],
  ])('refuses seed %s', (seed, code) => {
    expect(() => randomStreams(seed as number)).toThrow(expect.objectContaining({ code, path: 'seed' }));
  });
});
