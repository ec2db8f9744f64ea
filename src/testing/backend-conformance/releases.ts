import { complete, letTimePass } from './artifacts.js';
import type { ConformanceCase } from './conformance-case.js';
import { demand, ending, refusal } from './expectations.js';
import { group } from './groups.js';
import { aborting, batching, twoGroups } from './needs.js';
import { createRequest, prepared } from './requests.js';
import { longSteps, prepareLong, underWay } from './under-way.js';

/** Release in every phase of a request, and answers that come after it. */
export const releases: readonly ConformanceCase[] = [
  {
    name: 'release resolves again and again, and for requests that it does not know',
    async run(trial) {
      const request = await prepared(trial, 'a');
      for (const one of [request, request, createRequest(trial, 'unknown')]) await one.release();
    },
  },
  {
    name: 'a released request is not known any more: not-prepared',
    async run(trial) {
      const [begun, done] = [await prepared(trial, 'begun'), await prepared(trial, 'done')];
      await done.run(4);
      await Promise.all([begun.release(), done.release()]);
      await refusal(begun.run(4), ['not-prepared'], 'run() of a released request');
      await refusal(done.finish(), ['not-prepared'], 'finish() of a released request');
    },
  },
  {
    name: 'a released id can be used for another request, with nothing of the old one',
    async run(trial) {
      const old = await prepared(trial, 'a', { index: 0 });
      await old.run(3);
      await old.release();
      await complete(trial, await prepared(trial, 'a', { index: 1, steps: 5 }));
    },
  },
  {
    name: 'release in mid-chunk ends the chunk at its next step',
    needs: [aborting],
    async run(trial) {
      const request = await prepareLong(trial, 'a');
      const chunk = await underWay(trial, request, group(trial));
      await request.release();
      const { value } = await ending(chunk.answer, ['aborted'], 'a chunk whose request is released');
      demand(
        (value?.steps ?? chunk.told()) < chunk.steps,
        'a released request did all steps of its chunk; release() aborts it first, and abortsChunks is declared',
      );
    },
  },
  {
    name: 'release in mid-chunk ends the call, and its GPUs take the next chunk',
    async run(trial) {
      const request = await prepareLong(trial, 'a');
      const chunk = await underWay(trial, request, group(trial));
      await request.release();
      await ending(chunk.answer, ['aborted'], 'a chunk whose request is released');
      await complete(trial, await prepared(trial, 'b', { index: 1 }));
    },
  },
  {
    name: 'an id that is released in mid-chunk is free at once, and the old chunk does not touch the new state',
    needs: [twoGroups],
    async run(trial) {
      const old = await prepareLong(trial, 'a');
      const chunk = await underWay(trial, old, group(trial));
      const releasing = old.release();
      const gpus = group(trial, 1);
      const request = await prepared(trial, 'a', { index: 1, gpus });
      await request.run(2, { gpus });
      await releasing;
      await ending(chunk.answer, ['aborted'], 'a chunk whose request is released');
      await complete(trial, request, gpus);
    },
  },
  {
    name: 'release during prepare ends it, and what it prepared does not appear later',
    async run(trial) {
      const busy = await prepareLong(trial, 'busy', 2);
      const running = busy.run(longSteps(trial));
      const old = createRequest(trial, 'a', { index: 0 });
      // Waits for the GPU, and is in the midst of it thereby.
      const preparing = old.prepare();
      await old.release();
      await ending(preparing, ['aborted'], 'a prepare() whose request is released');
      await running;
      await letTimePass(trial);
      await refusal(old.run(1), ['not-prepared'], 'run() of a request that was released during prepare()');
      await complete(trial, await prepared(trial, 'a', { index: 1 }));
    },
  },
  {
    name: 'release during finish ends it, and frees the id',
    async run(trial) {
      const old = await prepared(trial, 'a', { index: 0 });
      await old.run(4);
      const busy = await prepareLong(trial, 'busy', 2);
      const running = busy.run(longSteps(trial));
      const finishing = old.finish();
      await old.release();
      await ending(finishing, ['aborted'], 'a finish() whose request is released');
      await running;
      await complete(trial, await prepared(trial, 'a', { index: 1 }));
    },
  },
  {
    name: 'release of one member of a batch leaves the others intact',
    needs: [batching],
    async run(trial) {
      const [one, other] = [await prepareLong(trial, 'a', 0), await prepareLong(trial, 'b', 1)];
      const chunk = await underWay(trial, one, group(trial), [other]);
      await one.release();
      const { error } = await ending(chunk.answer, ['aborted'], 'a batch of which a member is released');
      if (error !== undefined) other.stepsDone += error.steps;
      await complete(trial, other);
    },
  },
];
