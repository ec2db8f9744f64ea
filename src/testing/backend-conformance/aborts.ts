import { complete, deliver } from './artifacts.js';
import type { ConformanceCase } from './conformance-case.js';
import { demand, ending } from './expectations.js';
import { group } from './groups.js';
import { aborting, twoGroups } from './needs.js';
import { createRequest, prepared } from './requests.js';
import type { Trial } from './trial.js';
import { longSteps, prepareLong, underWay } from './under-way.js';

/** Signals that are aborted, in every phase of a request. */
export const aborts: readonly ConformanceCase[] = [
  {
    name: 'prepare with an aborted signal resolves or rejects with aborted, and after release the id is free',
    run: (trial) => abortPrepare(trial, true),
  },
  {
    name: 'an abort during prepare resolves or rejects with aborted, and after release the id is free',
    run: (trial) => abortPrepare(trial, false),
  },
  {
    name: 'an abort while prepare waits for its GPU leaves nothing behind, and the chunk alone',
    async run(trial) {
      const busy = await prepareLong(trial, 'busy');
      const running = busy.run(longSteps(trial));
      const controller = new AbortController();
      const late = createRequest(trial, 'late', { index: 1 });
      const preparing = late.prepare({ signal: controller.signal });
      controller.abort();
      await ending(preparing, ['aborted'], 'an aborted prepare()');
      await late.release();
      await running;
      await deliver(trial, busy);
      await complete(trial, await prepared(trial, 'late', { index: 2 }));
    },
  },
  {
    name: 'a chunk with an aborted signal ends at its first step boundary',
    needs: [aborting],
    async run(trial) {
      const request = await prepareLong(trial, 'a');
      const { steps } = await request.run(longSteps(trial), { signal: aborted() });
      expectFewer(steps, longSteps(trial));
      await complete(trial, request);
    },
  },
  {
    name: 'an abort in mid-chunk ends it at its next step boundary',
    needs: [aborting],
    async run(trial) {
      const request = await prepareLong(trial, 'a');
      const chunk = await underWay(trial, request, group(trial));
      chunk.abort();
      expectFewer((await chunk.answer).steps, chunk.steps);
    },
  },
  {
    name: 'an aborted chunk resolves, and the request goes on from where it stopped',
    async run(trial) {
      const request = await prepareLong(trial, 'a');
      const chunk = await underWay(trial, request, group(trial));
      chunk.abort();
      await chunk.answer;
      await complete(trial, request);
    },
  },
  {
    name: 'when an aborted chunk resolves, its GPUs take the next one',
    async run(trial) {
      const other = await prepared(trial, 'b', { index: 1 });
      const chunk = await underWay(trial, await prepareLong(trial, 'a'), group(trial));
      chunk.abort();
      await chunk.answer;
      await complete(trial, other);
    },
  },
  {
    name: 'an abort leaves the chunks on other GPUs alone',
    needs: [twoGroups],
    async run(trial) {
      const other = await prepareLong(trial, 'b', 1);
      const running = other.run(longSteps(trial), { gpus: group(trial, 1) });
      const chunk = await underWay(trial, await prepareLong(trial, 'a'), group(trial));
      chunk.abort();
      await Promise.all([chunk.answer, running]);
      await deliver(trial, other);
    },
  },
  {
    name: 'an abort during finish resolves or rejects with aborted, and finish can be called again',
    async run(trial) {
      const request = await prepared(trial, 'a');
      await request.run(4);
      for (const isBefore of [true, false]) {
        const controller = new AbortController();
        if (isBefore) controller.abort();
        const finishing = request.finish({ signal: controller.signal });
        controller.abort();
        const { error } = await ending(finishing, ['aborted'], 'an aborted finish()');
        demand(error?.state !== 'lost', 'finish() was aborted and lost the state; the state stays until release()');
      }
      await deliver(trial, request);
    },
  },
  {
    name: 'an abort after the end of a call changes nothing',
    async run(trial) {
      const [one, other, third] = [new AbortController(), new AbortController(), new AbortController()];
      const request = createRequest(trial, 'a');
      await request.prepare({ signal: one.signal });
      one.abort();
      await request.run(1, { signal: other.signal });
      const running = request.run(3);
      other.abort();
      await running;
      await request.finish({ signal: third.signal });
      third.abort();
      await deliver(trial, request);
    },
  },
];

async function abortPrepare(trial: Trial, isBefore: boolean): Promise<void> {
  const controller = new AbortController();
  if (isBefore) controller.abort();
  const request = createRequest(trial, 'a', { index: 0 });
  const preparing = request.prepare({ signal: controller.signal });
  controller.abort();
  await ending(preparing, ['aborted'], 'an aborted prepare()');
  await request.release();
  await complete(trial, await prepared(trial, 'a', { index: 1 }));
}

function expectFewer(steps: number, asked: number): void {
  demand(
    steps < asked,
    `an aborted chunk did all ${asked} steps; abortsChunks is declared, so it has to stop at the next step boundary`,
  );
}

function aborted(): AbortSignal {
  const controller = new AbortController();
  controller.abort();
  return controller.signal;
}
