import { describe, expect, it } from 'vitest';
import { batchStepMsAt, parseProfile, stepMsAt } from '../../src/profile/index.js';
import { squareOf, stepProfile } from './fixtures.js';

const batchStepMs = { '2': { '1': 38 }, '4': { '1': 70, '4': 40 } };
const times = parseProfile(stepProfile({ shapes: [squareOf(256, { '1': 20, '4': 24 }, { batchStepMs })] })).shape(
  '256x256',
);

describe('stepMsAt', () => {
  it('gives the measured time', () => {
    expect(stepMsAt(times, 1)).toBe(20);
    expect(stepMsAt(times, 4)).toBe(24);
  });

  it.each([2, 8, 0, NaN])('refuses degree %s, which the shape does not have', (degree) => {
    expect(() => stepMsAt(times, degree)).toThrow(
      expect.objectContaining({
        code: 'unknown-degree',
        received: degree,
        message: `256x256 has degrees 1, 4, not ${degree}`,
      }),
    );
  });
});

describe('batchStepMsAt', () => {
  it.each([
    [1, 1, 20],
    [1, 4, 24],
    [2, 1, 38],
    [2, 4, undefined],
    [3, 1, undefined],
    [4, 4, 40],
  ])('a batch of %i at degree %i', (size, degree, expected) => {
    expect(batchStepMsAt(times, size, degree)).toBe(expected);
  });

  it('refuses a degree that the shape does not have, measured batch or not', () => {
    expect(() => batchStepMsAt(times, 2, 2)).toThrow(expect.objectContaining({ code: 'unknown-degree' }));
  });
});
