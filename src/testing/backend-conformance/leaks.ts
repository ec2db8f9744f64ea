import type { ConformanceCase } from './conformance-case.js';
import { demand, ending, refusal } from './expectations.js';
import { first, group } from './groups.js';
import { inject } from './injections.js';
import { losesGpus } from './needs.js';
import { createRequest, prepared } from './requests.js';
import type { Trial } from './trial.js';
import { prepareLong, underWay } from './under-way.js';

/** Whatever becomes of a request, nothing of it is left after release. */
export const leaks: readonly ConformanceCase[] = [
  {
    name: 'a request is held from prepare to release',
    async run(trial) {
      const requests = [await prepared(trial, 'a'), await prepared(trial, 'b'), await prepared(trial, 'c')];
      await expectHeld(trial, 3, 'with three requests prepared');
      await requests[0]!.run(4);
      await requests[0]!.finish();
      await expectHeld(trial, 3, 'with one of them finished and not released');
      await requests[0]!.release();
      await expectHeld(trial, 2, 'with one of them released');
    },
  },
  {
    name: 'nothing is left of finished requests',
    run: (trial) =>
      often(trial, 'finished', async (id) => {
        const request = await prepared(trial, id);
        await request.run(4);
        await request.finish();
        await request.release();
      }),
  },
  {
    name: 'nothing is left of requests that were refused',
    run: (trial) =>
      often(trial, 'refused', async (id) => {
        const bad = createRequest(trial, id, { shape: 'no-shape' });
        await refusal(bad.prepare(), ['unsupported'], 'prepare() of the shape "no-shape"');
        const unknown = createRequest(trial, id);
        await refusal(unknown.run(1), ['not-prepared'], 'run() of an unknown request');
      }),
  },
  {
    name: 'nothing is left of requests aborted in prepare',
    run: (trial) =>
      often(trial, 'aborted', async (id) => {
        const controller = new AbortController();
        const request = createRequest(trial, id);
        const preparing = request.prepare({ signal: controller.signal });
        controller.abort();
        await ending(preparing, ['aborted'], 'an aborted prepare()');
        await request.release();
      }),
  },
  {
    name: 'nothing is left of requests aborted in mid-chunk',
    run: (trial) =>
      often(trial, 'aborted', async (id) => {
        const request = await prepareLong(trial, id);
        const chunk = await underWay(trial, request, group(trial));
        chunk.abort();
        await chunk.answer;
        await request.release();
      }),
  },
  {
    name: 'nothing is left of requests that failed',
    run: (trial) =>
      often(trial, 'failed', async (id) => {
        const request = await prepared(trial, id, { payload: trial.declared.poison });
        await refusal(request.run(4), ['chunk-failed'], 'run() of a payload that fails');
        await request.release();
      }),
  },
  {
    name: 'nothing is left of requests released in mid-chunk',
    run: (trial) =>
      often(trial, 'released', async (id) => {
        const request = await prepareLong(trial, id);
        const chunk = await underWay(trial, request, group(trial));
        await request.release();
        await expectHeld(trial, 0, 'when release() of a request in mid-chunk resolved');
        await ending(chunk.answer, ['aborted'], 'a chunk whose request is released');
      }),
  },
  {
    name: 'nothing is left of requests released in prepare',
    run: (trial) =>
      often(trial, 'released', async (id) => {
        const request = createRequest(trial, id);
        const preparing = request.prepare();
        await request.release();
        await expectHeld(trial, 0, 'when release() of a request in prepare() resolved');
        await ending(preparing, ['aborted'], 'a prepare() whose request is released');
      }),
  },
  {
    name: 'nothing is left of requests whose GPU was lost',
    needs: [losesGpus],
    run: (trial) =>
      often(trial, 'lost', async (id) => {
        const request = await prepareLong(trial, id);
        const chunk = await underWay(trial, request, group(trial));
        await inject(trial, 'loseGpu', first(group(trial)));
        await refusal(chunk.answer, ['gpu-lost'], 'a chunk whose GPU is lost');
        await request.release();
        await inject(trial, 'restoreGpu', first(group(trial)));
        const isBack = (): boolean => trial.events.at(-1)?.type === 'gpu-back';
        await trial.until('the event gpu-back', isBack);
      }),
  },
];

/** Makes requests that end in one way, one after another, and fails if the backend still holds one. */
async function often(trial: Trial, how: string, live: (id: string) => Promise<void>): Promise<void> {
  const count = 6;
  for (let index = 0; index < count; index++) await live(`${how}-${index}`);
  await expectHeld(trial, 0, `after ${count} ${how} requests`);
}

async function expectHeld(trial: Trial, due: number, when: string): Promise<void> {
  const held = await trial.call('held()', () => trial.harness.held());
  demand(held === due, `${when} it holds state of ${held} requests; it has to be ${due}`);
}
