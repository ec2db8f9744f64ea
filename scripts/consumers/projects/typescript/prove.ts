/** Puts a policy to the laws, and solves a packing in two ways. */
import { horizon, solveKnapsack, type KnapsackOption } from '@tetri/scheduler';
import { solveKnapsackIlp, type IlpResult } from '@tetri/scheduler/packing/ilp';
import { policyLaws, randomRoundInput, randomStepProfile } from '@tetri/scheduler/testing';
import { expect } from './expect.js';

const laws: string[] = [];
policyLaws({
  policy: horizon(),
  runs: 3,
  test(name, run) {
    run();
    laws.push(name);
  },
});
expect(laws.length >= 8, 'laws that were tried');
expect(randomStepProfile(1).shapes.length > 0 && randomRoundInput(1).nowMs >= 0, 'random situations');

const none: KnapsackOption = { width: 0, value: 0, cost: 0 };
const groups = [1, 2, 3].map((width) => [none, { width, value: 1, cost: width }]);
const exact: IlpResult = solveKnapsackIlp(groups, 4);
expect(exact.status === 'optimal' && exact.value === solveKnapsack(groups, 4).value, 'the same value twice');
