import { complete } from './artifacts.js';
import type { ConformanceCase } from './conformance-case.js';
import { demand, refusal } from './expectations.js';
import { group } from './groups.js';
import { loseBackend } from './injections.js';
import { canBeLost, reopens } from './needs.js';
import { createRequest, prepared } from './requests.js';
import { prepareLong, underWay } from './under-way.js';

/** The whole backend goes away, and perhaps is opened again. */
export const backendLoss: readonly ConformanceCase[] = [
  {
    name: 'the loss is told once, and calls in progress reject with backend-lost',
    needs: [canBeLost],
    async run(trial) {
      const chunk = await underWay(trial, await prepareLong(trial, 'a'), group(trial));
      const preparing = createRequest(trial, 'late').prepare();
      await loseBackend(trial);
      for (const call of [chunk.answer, preparing]) {
        const error = await refusal(call, ['backend-lost'], 'a call in progress when the backend is lost');
        demand(error.state === 'lost', 'an error backend-lost has the state lost: all state is gone');
      }
      const count = trial.events.filter(({ type }) => type === 'lost').length;
      demand(count === 1, `lost was reported ${count} times; it is reported once`);
    },
  },
  {
    name: 'a lost backend refuses work, and can be released and closed',
    needs: [canBeLost],
    async run(trial) {
      const request = await prepared(trial, 'a');
      await loseBackend(trial);
      const codes = ['backend-lost', 'backend-not-open'] as const;
      await refusal(createRequest(trial, 'late').prepare(), codes, 'prepare() after the event lost');
      await refusal(request.run(1), codes, 'run() after the event lost');
      await refusal(request.finish(), codes, 'finish() after the event lost');
      await request.release();
      await trial.close();
    },
  },
  {
    name: 'a lost backend keeps no state',
    needs: [canBeLost],
    async run(trial) {
      const request = await prepareLong(trial, 'a');
      const chunk = await underWay(trial, request, group(trial));
      await loseBackend(trial);
      await refusal(chunk.answer, ['backend-lost'], 'a chunk in progress when the backend is lost');
      await trial.close();
      const held = await trial.call('held()', () => trial.harness.held());
      demand(
        held === 0,
        `lost and closed it holds state of ${held} requests; there is nothing that it could be good for`,
      );
    },
  },
  {
    name: 'opened again it works, and knows nothing of before',
    needs: [canBeLost, reopens],
    async run(trial) {
      const old = await prepareLong(trial, 'a');
      const chunk = await underWay(trial, old, group(trial));
      await loseBackend(trial);
      await refusal(chunk.answer, ['backend-lost'], 'a chunk in progress when the backend is lost');
      await trial.open();
      const held = await trial.call('held()', () => trial.harness.held());
      demand(held === 0, `opened again it holds state of ${held} requests; all state was lost`);
      await refusal(old.run(1), ['not-prepared'], 'run() of a request from before the loss');
      await complete(trial, await prepared(trial, 'a', { index: 1 }));
    },
  },
  {
    name: 'opened again it can be lost again',
    needs: [canBeLost, reopens],
    async run(trial) {
      for (let time = 0; time < 2; time++) {
        await loseBackend(trial);
        await trial.open();
      }
      await complete(trial, await prepared(trial, 'a'));
    },
  },
];
