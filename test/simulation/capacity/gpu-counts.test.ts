import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gpuCountsUpTo } from '../../../src/simulation/index.js';

test.each([
  [40, 8, [1, 2, 4, 8, 16, 24, 32, 40]],
  [63, 8, [1, 2, 4, 8, 16, 24, 32, 40, 48, 56]],
  [6, 8, [1, 2, 4]],
  [12, 6, [1, 2, 4, 6, 12]],
  [3, 1, [1, 2, 3]],
  [1, 72, [1]],
])('up to %i in domains of %i', (maxGpus, domainSize, counts) => {
  expect(gpuCountsUpTo(maxGpus, domainSize)).toEqual(counts);
});

test('they ascend from 1, and none is above the largest', () => {
  const count = fc.integer({ min: 1, max: 500 });
  fc.assert(
    fc.property(count, count, (maxGpus, domainSize) => {
      const counts = gpuCountsUpTo(maxGpus, domainSize);
      expect(counts[0]).toBe(1);
      expect(counts.at(-1)).toBeLessThanOrEqual(maxGpus);
      expect(counts).toEqual([...new Set(counts)].sort((a, b) => a - b));
    }),
  );
});

describe('refused:', () => {
  test.each([
    [0, 8, 'maxGpus'],
    [1.5, 8, 'maxGpus'],
    [8, 0, 'domainSize'],
    [8, NaN, 'domainSize'],
  ])('%d in domains of %d', (maxGpus, domainSize, path) => {
    expect(() => gpuCountsUpTo(maxGpus, domainSize)).toThrow(
      expect.objectContaining({ code: 'out-of-range', path }) as Error,
    );
  });
});
