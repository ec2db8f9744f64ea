import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fitsDomains } from '../../src/packing/index.js';
import { canPack } from './arbitraries.js';

const bins = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 4 });

describe('fitsDomains', () => {
  test('is exact for powers of two', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(1, 2, 4, 8), { maxLength: 8 }), bins, (widths, free) => {
        expect(fitsDomains(widths, free)).toBe(canPack(widths, free));
      }),
      { numRuns: 1000 },
    );
  });

  test('never says yes to what cannot be packed, and does not mind the order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 7 }), bins, (widths, free) => {
        const fits = fitsDomains(widths, free);
        expect(fits && !canPack(widths, free)).toBe(false);
        expect(fitsDomains(widths.toReversed(), free.toReversed())).toBe(fits);
      }),
    );
  });

  test('two domains of 6 hold no three groups of 4', () => {
    expect(fitsDomains([4, 4], [6, 6])).toBe(true);
    expect(fitsDomains([4, 4, 4], [6, 6])).toBe(false);
    expect(fitsDomains([4, 4, 2, 1, 1], [6, 6])).toBe(true);
    expect(fitsDomains([], [])).toBe(true);
    expect(fitsDomains([0, 0], [])).toBe(true);
    expect(fitsDomains([1], [])).toBe(false);
  });
});
