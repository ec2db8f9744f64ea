import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { solveKnapsackIlp, type LinearConstraint } from '../../src/packing/ilp.js';
import { solveKnapsack, type KnapsackOption } from '../../src/packing/index.js';
import { bruteForce, knapsacks } from './arbitraries.js';

const bounds = fc.oneof(
  fc.record({ max: fc.integer({ min: -2, max: 5 }) }),
  fc.record({ min: fc.integer({ min: -2, max: 5 }) }),
  fc.record({ equal: fc.integer({ min: -2, max: 5 }) }),
  fc.record({ min: fc.integer({ min: -2, max: 2 }), max: fc.integer({ min: 0, max: 5 }) }),
);
const coefficients = fc.array(fc.array(fc.integer({ min: -2, max: 3 }), { minLength: 5, maxLength: 5 }), {
  minLength: 5,
  maxLength: 5,
});
const rules = fc.array(
  fc.tuple(bounds, coefficients).map(([bound, table]): LinearConstraint => ({
    name: JSON.stringify(table),
    ...bound,
    coefficient: (group, option) => (table[group] as number[])[option] as number,
  })),
  { maxLength: 2 },
);

function keeps(rule: LinearConstraint, choices: readonly number[]): boolean {
  const sum = choices.reduce((total, option, group) => total + rule.coefficient(group, option), 0);
  const { min = -Infinity, max = Infinity, equal = sum } = rule;
  return sum >= min && sum <= max && sum === equal;
}

describe('solveKnapsackIlp', () => {
  test('finds the value and the cost of the dynamic program', () => {
    fc.assert(
      fc.property(knapsacks(7), ({ groups, capacity }) => {
        const { value, cost } = solveKnapsack(groups, capacity);
        expect(solveKnapsackIlp(groups, capacity)).toMatchObject({ status: 'optimal', value, cost });
      }),
      { numRuns: 150 },
    );
  });

  test('keeps extra rules, and finds what brute force finds within them', () => {
    fc.assert(
      fc.property(knapsacks(4), rules, ({ groups, capacity }, extra) => {
        const accept = (choices: readonly number[]): boolean => extra.every((rule) => keeps(rule, choices));
        const expected = bruteForce(groups, capacity, accept);
        const result = solveKnapsackIlp(groups, capacity, extra);
        if (expected === undefined) {
          expect(result).toEqual({ status: 'infeasible' });
          return;
        }
        expect(result).toMatchObject({ status: 'optimal', value: expected.value, cost: expected.cost });
        if (result.status === 'optimal') {
          expect(accept(result.choices)).toBe(true);
          expect(result.width).toBeLessThanOrEqual(capacity);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('a rule between two requests that the dynamic program cannot express', () => {
    // Both would fit, but at most one of them may run.
    const group = [
      { width: 0, value: 0, cost: 0 },
      { width: 1, value: 1, cost: 3 },
    ];
    const notBoth: LinearConstraint = { name: 'not both', max: 1, coefficient: (_, option) => option };
    expect(solveKnapsackIlp([group, group], 2)).toMatchObject({ value: 2 });
    expect(solveKnapsackIlp([group, group], 2, [notBoth])).toMatchObject({ status: 'optimal', value: 1, cost: 3 });
    const bothRun: LinearConstraint = { name: 'both run', equal: 2, coefficient: (_, option) => option };
    expect(solveKnapsackIlp([group, group], 2, [notBoth, bothRun])).toEqual({ status: 'infeasible' });
  });

  test('is not misled by pivots that the solver takes for a cycle', () => {
    const option = (width: number, value: number): KnapsackOption => ({ width, value, cost: 0 });
    const groups = [
      [option(0, 0), option(1, 0), option(2, 1)],
      [option(0, 0)],
      [option(0, 1), option(1, 0), option(0, 0)],
    ];
    const table = [[3, 1, -2], [2], [3, 0, -2]];
    const coefficient = (group: number, index: number): number => table[group]?.[index] ?? NaN;
    // Only 1 + 2 - 2 makes 1. With its check for cycles on, the solver calls this infeasible.
    expect(solveKnapsackIlp(groups, 2, [{ name: 'one', equal: 1, coefficient }])).toMatchObject({ choices: [1, 0, 2] });
  });

  test('no group: the rules are about the empty sum', () => {
    const rule = (min: number): LinearConstraint => ({ name: 'least', min, coefficient: () => 1 });
    expect(solveKnapsackIlp([], 2, [rule(0)])).toEqual({ status: 'optimal', choices: [], value: 0, cost: 0, width: 0 });
    expect(solveKnapsackIlp([], 2, [rule(1)])).toEqual({ status: 'infeasible' });
  });

  test.each<[string, LinearConstraint, string]>([
    ['a bound', { name: 'r', max: NaN, coefficient: () => 1 }, 'r.max'],
    ['a coefficient', { name: 'r', max: 1, coefficient: () => Infinity }, 'r.coefficient(0, 0)'],
  ])('refuses %s that is not finite', (_, rule, path) => {
    const solve = (): unknown => solveKnapsackIlp([[{ width: 0, value: 0, cost: 0 }]], 1, [rule]);
    expect(solve).toThrow(expect.objectContaining({ code: 'out-of-range', path }));
  });
});
