import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TetriError } from '../../src/model/index.js';
import { solveKnapsack, type KnapsackOption } from '../../src/packing/index.js';
import { bruteForce, knapsacks } from './arbitraries.js';

const none = (value: number): KnapsackOption => ({ width: 0, value, cost: 0 });
const run = (width: number, cost: number): KnapsackOption => ({ width, value: 1, cost });

describe('Algorithm 1 by hand, on 4 GPUs', () => {
  // a: dies unless it gets 2 GPUs (GPU time 60) or 4 (100)
  // b: survives if it waits, for 30 later; running now at degree 1 costs 20
  // c: dies unless it gets 1 GPU (25) or 2 (32)
  // d: dies unless it gets 4 GPUs (90)
  const a = [none(0), run(2, 60), run(4, 100)];
  const b = [{ ...none(1), cost: 30 }, run(1, 20)];
  const c = [none(0), run(1, 25), run(2, 32)];
  const d = [none(0), run(4, 90)];

  test('most requests survive: a on 2, b and c on 1 each; d is given up', () => {
    // 4 GPUs: {a2, c1} leaves 1 for b. All of a, b, c survive; d would take all 4 and save itself and b only.
    expect(solveKnapsack([a, b, c, d], 4)).toEqual({ choices: [1, 1, 1, 0], value: 3, cost: 105, width: 4 });
  });

  test('on 3 GPUs b waits, which costs 10 more, as a and c need all three', () => {
    expect(solveKnapsack([a, b, c, d], 3)).toEqual({ choices: [1, 0, 1, 0], value: 3, cost: 115, width: 3 });
  });

  test('on 2 GPUs two of a, b, c survive either way; the cheaper is b and c at 45', () => {
    // a2 with b waiting costs 60 + 30; b1 and c1 cost 20 + 25; c2 with b waiting costs 32 + 30.
    expect(solveKnapsack([a, b, c, d], 2)).toEqual({ choices: [0, 1, 1, 0], value: 2, cost: 45, width: 2 });
  });

  test('on no GPU only b survives', () => {
    expect(solveKnapsack([a, b, c, d], 0)).toEqual({ choices: [0, 0, 0, 0], value: 1, cost: 30, width: 0 });
  });

  test('a weight outweighs numbers: d alone against a, b, c', () => {
    const heavy = [none(0), { width: 4, value: 5, cost: 90 }];
    expect(solveKnapsack([a, b, c, heavy], 4)).toEqual({ choices: [0, 0, 0, 1], value: 6, cost: 120, width: 4 });
  });
});

describe('laws', () => {
  test('value, cost and choices are those of brute force, ties included', () => {
    fc.assert(
      fc.property(knapsacks(), ({ groups, capacity }) => {
        expect(solveKnapsack(groups, capacity)).toEqual(bruteForce(groups, capacity));
      }),
      { numRuns: 1500 },
    );
  });

  test('the answer adds up and keeps the capacity, also with floats', () => {
    const amount = fc.double({ min: 0, max: 1e6, noNaN: true });
    const option = fc.record({ width: fc.integer({ min: 0, max: 9 }), value: amount, cost: amount });
    const group = fc.array(option, { maxLength: 4 }).map((options) => [{ width: 0, value: 0, cost: 0 }, ...options]);
    fc.assert(
      fc.property(fc.array(group, { maxLength: 12 }), fc.integer({ min: 0, max: 30 }), (groups, capacity) => {
        const { choices, value, width } = solveKnapsack(groups, capacity);
        const chosen = groups.map((options, g) => options[choices[g] as number] as KnapsackOption);
        expect(choices).toHaveLength(groups.length);
        expect(width).toBe(chosen.reduce((sum, each) => sum + each.width, 0));
        expect(width).toBeLessThanOrEqual(capacity);
        expect(value).toBe(chosen.reduceRight((sum, each) => sum + each.value, 0));
        expect(solveKnapsack(groups, capacity + 1).value).toBeGreaterThanOrEqual(value);
      }),
    );
  });

  test('one GPU more never lowers the value, nor raises the cost of the same value', () => {
    fc.assert(
      fc.property(knapsacks(8), ({ groups, capacity }) => {
        const less = solveKnapsack(groups, capacity);
        const more = solveKnapsack(groups, capacity + 1);
        expect(more.value).toBeGreaterThanOrEqual(less.value);
        expect(more.value > less.value || more.cost <= less.cost).toBe(true);
      }),
    );
  });

  test('the same input gives the same answer and is left alone', () => {
    fc.assert(
      fc.property(knapsacks(8), ({ groups, capacity }) => {
        const copy = structuredClone(groups);
        const first = solveKnapsack(groups, capacity);
        solveKnapsack([[none(0), run(3, 7)]], 5);
        expect(solveKnapsack(copy, capacity)).toEqual(first);
        expect(groups).toEqual(copy);
      }),
    );
  });
});

describe('ties', () => {
  test('the first group goes first, and the first option of equals', () => {
    const group = [none(0), run(1, 5), run(1, 5)];
    // The smallest vector: the first group waits, as index 0 comes before index 1.
    expect(solveKnapsack([group, group], 1).choices).toEqual([0, 1]);
    const running = [run(1, 5), run(1, 5), none(0)];
    expect(solveKnapsack([running, running], 1).choices).toEqual([0, 2]);
  });

  test('an option wider than another of equal worth is taken if it comes first and there is room', () => {
    expect(solveKnapsack([[run(2, 5), run(1, 5), none(0)]], 2).choices).toEqual([0]);
    expect(solveKnapsack([[run(2, 5), run(1, 5), none(0)]], 1).choices).toEqual([1]);
  });
});

describe('edges', () => {
  test('no group', () => {
    expect(solveKnapsack([], 8)).toEqual({ choices: [], value: 0, cost: 0, width: 0 });
  });

  test('more than 256 options that all matter', () => {
    const group = Array.from({ length: 400 }, (_, width) => ({ width, value: width, cost: 0 }));
    expect(solveKnapsack([group, group], 777).choices).toEqual([378, 399]);
  });

  test('a capacity far above all widths costs nothing', () => {
    expect(solveKnapsack([[none(0), run(2, 1)]], Number.MAX_SAFE_INTEGER).choices).toEqual([1]);
  });

  test.each<[string, KnapsackOption[][], number, string, string]>([
    ['a group without options', [[]], 1, 'empty', 'groups[0]'],
    ['a group that must run', [[none(0)], [run(1, 1)]], 1, 'out-of-range', 'groups[1]'],
    ['a fractional width', [[none(0), run(0.5, 1)]], 1, 'out-of-range', 'groups[0][1].width'],
    ['a negative value', [[none(-1)]], 1, 'out-of-range', 'groups[0][0].value'],
    ['a cost that is NaN', [[none(0), run(1, NaN)]], 1, 'out-of-range', 'groups[0][1].cost'],
    ['a fractional capacity', [], 1.5, 'out-of-range', 'capacity'],
  ])('refuses %s', (_, groups, capacity, code, path) => {
    const solve = (): unknown => solveKnapsack(groups, capacity);
    expect(solve).toThrow(TetriError);
    expect(solve).toThrow(expect.objectContaining({ code, path }));
  });
});
