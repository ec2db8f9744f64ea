import { expect, test } from 'vitest';
import { estimate } from '../../../src/report/evaluation/estimate.js';

test('is the mean and the interval of Student', () => {
  // Worked by hand: deviation sqrt(2.5), over sqrt(5), times 2.776.
  const { mean, low, high, count } = estimate([1, 2, 3, 4, 5]);
  expect({ mean, count }).toEqual({ mean: 3, count: 5 });
  expect(high - mean).toBeCloseTo(1.963, 3);
  expect(mean - low).toBeCloseTo(1.963, 3);
});

test('has no width for one value, nor for equal ones', () => {
  expect(estimate([0.5])).toEqual({ mean: 0.5, low: 0.5, high: 0.5, count: 1 });
  expect(estimate([2, 2, 2])).toEqual({ mean: 2, low: 2, high: 2, count: 3 });
});

test('knows two values, and more than its table holds', () => {
  expect(estimate([0, 2]).high - 1).toBeCloseTo(12.706, 3);
  const many = Array.from({ length: 100 }, (_, index) => index % 2);
  expect(estimate(many).high - 0.5).toBeCloseTo((2.042 * Math.sqrt(25 / 99)) / 10, 3);
});
