import assert from 'node:assert/strict';
import { Bench } from 'tinybench';
import { solveKnapsack, type KnapsackOption } from '@tetri/scheduler';
import { solveKnapsackIlp } from '@tetri/scheduler/packing/ilp';
import { randomStreams } from '../src/simulation/random.js';
import { printTable } from './table.js';

/** Requests with three ways to run and one not to, as the packing of a round sees them. */
function instance(requests: number, seed: number): KnapsackOption[][] {
  const random = randomStreams(seed)('knapsack');
  const whole = (below: number): number => Math.floor(random() * below);
  return Array.from({ length: requests }, () => {
    const cost = 50 + whole(50);
    const waits = random() < 0.3 ? 1 : 0;
    return [
      ...[1, 2, 4].map((width) => ({ width, value: 1, cost: cost + width * whole(20) })),
      { width: 0, value: waits, cost: cost + 60 },
    ];
  });
}

/** The dynamic program against the integer program on the same instances; both must find the same optimum. */
export async function benchKnapsack(): Promise<void> {
  const bench = new Bench({ time: 500, warmupTime: 100, retainSamples: true });
  for (const [requests, gpus, ilp] of [
    [8, 8, true],
    [16, 8, true],
    [32, 8, true],
    [256, 64, false],
    [4096, 1024, false],
  ] as const) {
    const groups = [1, 2, 3, 4].map((seed) => instance(requests, seed));
    let turn = 0;
    bench.add(`DP ${requests} requests, ${gpus} GPUs`, () => {
      solveKnapsack(groups[turn++ % groups.length]!, gpus);
    });
    if (!ilp) continue;
    for (const each of groups) {
      const exact = solveKnapsackIlp(each, gpus);
      const { value, cost } = solveKnapsack(each, gpus);
      assert(exact.status === 'optimal');
      assert.deepEqual([exact.value, exact.cost], [value, cost]);
    }
    bench.add(`javascript-lp-solver ${requests} requests, ${gpus} GPUs`, () => {
      solveKnapsackIlp(groups[turn++ % groups.length]!, gpus);
    });
  }
  await bench.run();
  printTable('packing', bench);
}
