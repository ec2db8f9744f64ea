import assert from 'node:assert/strict';
import { Bench } from 'tinybench';
import { createPolicy, planRound, validatePlan } from '@tetri/scheduler';
import { busyRound, sizes } from './instances.js';
import { printTable } from './table.js';

const policies = ['horizon', 'tetriserve', 'edf', 'per-shape', 'fixed-4'];

/** `planRound()` at three sizes, input checks included. */
export async function benchPlanRound(): Promise<void> {
  const bench = new Bench({ time: 2000, warmupTime: 2000, retainSamples: true });
  const notes = new Map<string, string>();
  for (const name of policies) {
    for (const size of sizes) {
      // The step-by-step baselines are quadratic in places and not meant for a thousand GPUs.
      if (size.gpus > 64 && name !== 'horizon' && name !== 'tetriserve') continue;
      const inputs = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => busyRound(size, seed));
      const policy = createPolicy(name);
      let running = 0;
      for (const input of inputs) {
        const plan = planRound(input, policy);
        assert.deepEqual(validatePlan(input, plan), []);
        running += plan.assignments.length / inputs.length;
      }
      const label = `${name} ${size.gpus} GPUs x ${size.requests} requests`;
      notes.set(label, `${running.toFixed(1)} chunks a plan`);
      let turn = 0;
      bench.add(label, () => {
        planRound(inputs[turn++ % inputs.length]!, policy);
      });
    }
  }
  await bench.run();
  printTable('planRound()', bench, notes);
}
