import { describe, expect, test, vi } from 'vitest';
import { solveKnapsackIlp, type LinearConstraint } from '../../src/packing/ilp.js';

const fake = vi.hoisted(() => ({ Solve: vi.fn() }));
vi.mock('javascript-lp-solver', () => ({ default: fake }));

// One request that survives on 2 GPUs of 3; the honest answer is option 1, value 1, cost 5.
const groups = [
  [
    { width: 0, value: 0, cost: 0 },
    { width: 2, value: 1, cost: 5 },
    { width: 4, value: 2, cost: 6 },
  ],
];
const answer = (...answers: readonly object[]): void => {
  fake.Solve.mockReset();
  for (const each of answers) fake.Solve.mockReturnValueOnce(each);
};
const integral = { feasible: true, bounded: true, isIntegral: true };
const greatestValue = { ...integral, result: 1, '0/1': 1 };
const leastCost = { ...integral, result: 5, '0/1': 1 };
const solve = (extra: readonly LinearConstraint[] = []): unknown => solveKnapsackIlp(groups, 3, extra);

describe('what the solver says is not taken on trust', () => {
  test('an honest pair of answers is', () => {
    answer(greatestValue, leastCost);
    expect(solve()).toEqual({ status: 'optimal', choices: [1], value: 1, cost: 5, width: 2 });
  });

  test.each<[string, readonly object[]]>([
    [
      'fractional, but marked feasible, as after a timeout',
      [{ feasible: true, bounded: true, result: 1.5, '0/1': 0.5, '0/2': 0.5 }],
    ],
    ['fractional, but marked integral', [{ ...integral, result: 1.5, '0/1': 0.5, '0/2': 0.5 }]],
    ['two options of a group', [{ ...integral, result: 1, '0/0': 1, '0/1': 1 }]],
    ['no option of a group', [{ ...integral, result: 0 }]],
    ['negative shares', [{ ...integral, result: 1, '0/0': -1, '0/1': 1, '0/2': 1 }]],
    ['over the capacity', [{ ...integral, result: 2, '0/2': 1 }]],
    ['a total that is not that of the choices', [{ ...integral, result: 7, '0/1': 1 }]],
    ['infeasible, though nobody has to run', [{ feasible: false, result: 0 }]],
    ['neither feasible nor infeasible', [{ result: 1, '0/1': 1 }]],
    ['infeasible at its own value', [greatestValue, { feasible: false, result: 0 }]],
    ['less value in the second answer', [greatestValue, { ...integral, result: 0, '0/0': 1 }]],
    ['more value in the second answer', [{ ...integral, result: 0, '0/0': 1 }, leastCost]],
    ['NaN', [{ ...integral, result: NaN, '0/1': NaN }]],
  ])('refuses: %s', (_, answers) => {
    answer(...answers);
    expect(solve).toThrow(expect.objectContaining({ code: 'unsolved' }));
  });

  test('refuses an answer that is whole, but not marked as proven integral', () => {
    answer({ ...greatestValue, isIntegral: undefined }, leastCost);
    expect(solve).toThrow(expect.objectContaining({ code: 'unsolved' }));
  });

  test.each<[string, readonly object[]]>([
    ['is worth more', [{ ...integral, result: 0, '0/0': 1 }, leastCost]],
    ['costs more', [greatestValue, { ...integral, result: 7, '0/2': 1 }]],
  ])('refuses a second answer that %s than the first', (_, answers) => {
    const dear = [
      [
        { width: 0, value: 0, cost: 9 },
        { width: 2, value: 1, cost: 5 },
        { width: 2, value: 1, cost: 7 },
      ],
    ];
    answer(...answers);
    expect(() => solveKnapsackIlp(dear, 3)).toThrow(expect.objectContaining({ code: 'unsolved' }));
  });

  test('refuses an answer that breaks an extra rule', () => {
    answer(greatestValue, leastCost);
    const stays: LinearConstraint = { name: 'stays', equal: 0, coefficient: (_, option) => option };
    expect(() => solve([stays])).toThrow(expect.objectContaining({ code: 'unsolved' }));
  });

  test('takes infeasibility as a result where an extra rule can bring it about', () => {
    answer({ feasible: false, result: 0 });
    const much: LinearConstraint = { name: 'much', min: 9, coefficient: () => 1 };
    expect(solve([much])).toEqual({ status: 'infeasible' });
  });
});
