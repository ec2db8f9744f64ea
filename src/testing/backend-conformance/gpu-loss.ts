import { complete, deliver, letTimePass } from './artifacts.js';
import type { ConformanceCase } from './conformance-case.js';
import { demand, ending, refusal } from './expectations.js';
import { first, group, groups, largest, smallest } from './groups.js';
import { inject, lose, restore, told } from './injections.js';
import { losesGpus, twoDegrees, twoGroups } from './needs.js';
import { createRequest, prepared, recover } from './requests.js';
import { longSteps, prepareLong, underWay } from './under-way.js';

const cases: readonly ConformanceCase[] = [
  {
    name: 'a GPU that is lost is told once',
    async run(trial) {
      const gpu = first(group(trial));
      await lose(trial, gpu);
      await inject(trial, 'loseGpu', gpu);
      const other = groups(trial)[1];
      if (other !== undefined) await letTimePass(trial, other);
      const count = told(trial, 'gpu-lost', gpu);
      demand(count === 1, `gpu-lost was reported ${count} times; it is reported once until the GPU is back`);
    },
  },
  {
    name: 'a chunk on a lost GPU rejects with gpu-lost',
    async run(trial) {
      const gpus = group(trial);
      const chunk = await underWay(trial, await prepareLong(trial, 'a'), gpus);
      await inject(trial, 'loseGpu', first(gpus));
      const error = await refusal(chunk.answer, ['gpu-lost'], 'a chunk whose GPU is lost');
      demand(
        error.gpus === undefined || error.gpus.join() === `${first(gpus)}`,
        `the error says that GPUs ${error.gpus?.join()} are lost; it was GPU ${first(gpus)}`,
      );
    },
  },
  {
    name: 'chunks on other GPUs go on',
    needs: [twoGroups],
    async run(trial) {
      const other = await prepareLong(trial, 'b');
      const running = other.run(longSteps(trial), { gpus: group(trial, 1) });
      await lose(trial, first(group(trial)));
      await running;
      await deliver(trial, other, group(trial, 1));
    },
  },
  {
    name: 'the other GPUs of the group can be used at once',
    needs: [twoDegrees],
    async run(trial) {
      const wide = group(trial, 0, largest(trial));
      const other = await prepared(trial, 'b', { index: 1, gpus: wide.slice(-1) });
      const chunk = await underWay(trial, await prepareLong(trial, 'a'), wide);
      await inject(trial, 'loseGpu', first(wide));
      await refusal(chunk.answer, ['gpu-lost'], 'a chunk of whose GPUs one is lost');
      await complete(trial, other, wide.slice(1, 1 + smallest(trial)));
    },
  },
  {
    name: 'the request goes on elsewhere, as the error says',
    needs: [twoGroups],
    async run(trial) {
      const [gpus, elsewhere] = [group(trial), group(trial, 1)];
      const request = await prepareLong(trial, 'a');
      const chunk = await underWay(trial, request, gpus);
      await inject(trial, 'loseGpu', first(gpus));
      await recover(request, await refusal(chunk.answer, ['gpu-lost'], 'a chunk whose GPU is lost'), {
        gpus: elsewhere,
      });
      await complete(trial, request, elsewhere);
    },
  },
  {
    name: 'work on a GPU that is lost is refused with gpu-lost, till it is back',
    async run(trial) {
      const [begun, done, late] = [
        await prepared(trial, 'begun'),
        await prepared(trial, 'done'),
        createRequest(trial, 'late'),
      ];
      await done.run(4);
      await lose(trial, first(group(trial)));
      const run = await refusal(begun.run(4), ['gpu-lost'], 'run() on a lost GPU');
      const finish = await refusal(done.finish(), ['gpu-lost'], 'finish() on a lost GPU');
      await refusal(late.prepare(), ['gpu-lost'], 'prepare() on a lost GPU');
      await late.release();
      await restore(trial, first(group(trial)));
      await recover(begun, run);
      await recover(done, finish);
      await late.prepare();
      for (const request of [begun, done, late]) await complete(trial, request);
    },
  },
  {
    name: 'prepare and finish that wait for a GPU end when it is lost',
    async run(trial) {
      const done = await prepared(trial, 'done');
      await done.run(4);
      const chunk = await underWay(trial, await prepareLong(trial, 'a'), group(trial));
      const waiting = [done.finish(), createRequest(trial, 'late').prepare()];
      await inject(trial, 'loseGpu', first(group(trial)));
      await refusal(chunk.answer, ['gpu-lost'], 'a chunk whose GPU is lost');
      for (const call of waiting) await ending<unknown>(call, ['gpu-lost'], 'a call that waits for a lost GPU');
    },
  },
  {
    name: 'a GPU that comes back is told once, and can be used',
    async run(trial) {
      const gpu = first(group(trial));
      await lose(trial, gpu);
      await restore(trial, gpu);
      await complete(trial, await prepared(trial, 'a'));
      const count = told(trial, 'gpu-back', gpu);
      demand(count === 1, `gpu-back was reported ${count} times; it is reported once`);
    },
  },
  {
    name: 'a GPU that is lost again is told again',
    async run(trial) {
      const gpu = first(group(trial));
      await lose(trial, gpu);
      await restore(trial, gpu);
      await lose(trial, gpu);
    },
  },
  {
    name: 'no loss is told from the call of close on',
    async run(trial) {
      const ids = trial.description().cluster.gpus.map(({ id }) => id);
      const chunk = await underWay(trial, await prepareLong(trial, 'a'), group(trial));
      const closing = trial.close();
      await inject(trial, 'loseGpu', ids[0]!);
      await closing;
      await ending(chunk.answer, ['backend-closed', 'aborted', 'gpu-lost'], 'a chunk that close() ends');
      await inject(trial, 'loseGpu', ids.at(-1)!);
    },
  },
];

/** GPUs that go away and come back while the others go on. */
export const gpuLoss: readonly ConformanceCase[] = cases.map((one) => ({
  ...one,
  needs: [losesGpus, ...(one.needs ?? [])],
}));
