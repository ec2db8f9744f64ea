import { Bench } from 'tinybench';
import { builtinProfile, createCluster, createPolicy } from '@tetri/scheduler';
import { createSchedulerCore, type SchedulerEvent } from '@tetri/scheduler/scheduler';
import { printTable } from './table.js';

const shapes = ['256x256', '512x512', '1024x1024', '2048x2048'];

/** A quote in a busy moment: the forecast plays the scheduler forward until the request is complete. */
export async function benchQuote(): Promise<void> {
  const bench = new Bench({ time: 1000, warmupTime: 300, retainSamples: true });
  const notes = new Map<string, string>();
  for (const name of ['horizon', 'tetriserve', 'edf']) {
    for (const [gpus, active] of [
      [8, 8],
      [8, 32],
      [8, 64],
      [64, 256],
    ] as const) {
      const policy = createPolicy(name);
      const core = createSchedulerCore(createCluster(gpus, 8), { profile: builtinProfile('flux.1-dev_h100'), policy });
      core.handle(
        Array.from({ length: active }, (_, index): SchedulerEvent => {
          const shape = shapes[index % shapes.length]!;
          const deadlineMs = 2000 + 300 * (index % 40);
          return { type: 'submit', atMs: 0, request: { id: `r${index}`, shape, steps: 28, arrivalMs: 0, deadlineMs } };
        }),
      );
      const request = { id: 'new', shape: '1024x1024', steps: 28, arrivalMs: 1, deadlineMs: 4000 };
      const label = `${name} ${gpus} GPUs, ${active} active`;
      const { earliestFinishMs } = core.quote(request, 1);
      notes.set(
        label,
        earliestFinishMs === null ? 'further than it can look' : `complete in ${earliestFinishMs.toFixed(0)} ms`,
      );
      bench.add(label, () => {
        core.quote(request, 1);
      });
    }
  }
  await bench.run();
  printTable('quote()', bench, notes);
}
