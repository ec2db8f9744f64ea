import { complete, deliver } from './artifacts.js';
import type { ConformanceCase } from './conformance-case.js';
import { demand } from './expectations.js';
import { group, groups } from './groups.js';
import { twoGroups } from './needs.js';
import { type DrivenRequest, prepared } from './requests.js';
import type { Trial } from './trial.js';
import { longSteps, prepareLong, underWay } from './under-way.js';

/** Calls for different requests on different GPUs run side by side. */
export const concurrency: readonly ConformanceCase[] = [
  {
    name: 'all GPUs run at once',
    needs: [twoGroups],
    async run(trial) {
      const all = groups(trial);
      const steps = longSteps(trial);
      const requests = await Promise.all(
        all.map((gpus, index) => prepared(trial, `r${index}`, { index, steps, gpus })),
      );
      const begun = new Set<string>();
      const run = async (request: DrivenRequest, gpus: readonly number[]): Promise<void> => {
        await request.run(steps, { gpus, onStep: () => begun.add(request.id) });
        demand(
          begun.size === requests.length || !trial.declared.capabilities.reportsSteps,
          `a chunk of ${steps} steps ended before all of the ${requests.length} chunks on other GPUs had begun`,
        );
      };
      await Promise.all(requests.map((request, index) => run(request, all[index]!)));
      for (const request of requests) await deliver(trial, request);
    },
  },
  {
    name: 'a short chunk ends before a long one on other GPUs',
    needs: [twoGroups],
    async run(trial) {
      const short = await prepared(trial, 'short', { index: 1 });
      await beforeTheEnd(trial, 'a chunk of 1 step', () => short.run(1, { gpus: group(trial, 1) }));
    },
  },
  {
    name: 'prepare and finish do not wait for a chunk on other GPUs',
    needs: [twoGroups],
    async run(trial) {
      const gpus = group(trial, 1);
      const done = await prepared(trial, 'done', { index: 1 });
      await done.run(4);
      await beforeTheEnd(trial, 'prepare() and finish()', async () => {
        await Promise.all([prepared(trial, 'late', { gpus }), done.finish({ gpus })]);
      });
    },
  },
  {
    name: 'release does not wait for a chunk of another request',
    async run(trial) {
      const other = await prepared(trial, 'b', { index: 1 });
      await beforeTheEnd(trial, 'release()', () => other.release());
    },
  },
  {
    name: 'many requests take turns on all GPUs and get the artifacts that they get alone',
    async run(trial) {
      const all = groups(trial);
      const requests: DrivenRequest[] = [];
      for (let index = 0; index < 3 * all.length; index++) {
        requests.push(await prepared(trial, `r${index}`, { index, steps: 3 }));
      }
      // In each round the next ones of the queue get the groups, each time another one.
      for (let round = 0; requests.some(({ stepsDone }) => stepsDone < 3); round++) {
        const turn = requests.filter(({ stepsDone }) => stepsDone < 3).slice(0, all.length);
        requests.push(...requests.splice(0, turn.length));
        await Promise.all(turn.map((request, at) => request.run(1, { gpus: all[(at + round) % all.length]! })));
      }
      for (const request of requests) await complete(trial, request);
    },
  },
];

/** What is made while a long chunk runs on the first group ends before that chunk does. */
async function beforeTheEnd(trial: Trial, what: string, make: () => Promise<unknown>): Promise<void> {
  const long = await prepareLong(trial, 'long');
  const chunk = await underWay(trial, long, group(trial));
  await make();
  demand(
    !chunk.isOver(),
    `${what} ended after a chunk of ${chunk.steps} steps that it has nothing to do with: they run side by side`,
  );
  await chunk.answer;
  await deliver(trial, long);
}
