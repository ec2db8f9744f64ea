import { artifactAlone, complete, deliver, letTimePass } from './artifacts.js';
import type { ConformanceCase } from './conformance-case.js';
import { demand, refusal } from './expectations.js';
import { group } from './groups.js';
import { reporting } from './needs.js';
import { createRequest, prepared } from './requests.js';
import { longSteps, prepareLong } from './under-way.js';

/** From prepare through steps to the artifact, in this order and no other. */
export const steps: readonly ConformanceCase[] = [
  {
    name: 'a request is prepared, runs its steps in chunks, and is finished',
    async run(trial) {
      const request = await prepared(trial, 'a', { steps: 5 });
      for (const count of [2, 1, 2]) await request.run(count);
      await deliver(trial, request);
    },
  },
  {
    name: 'a chunk may be run without onStep',
    async run(trial) {
      const request = await prepared(trial, 'a');
      const members = [{ requestId: 'a', fromStep: 0 }];
      const { signal } = new AbortController();
      const call = { members, steps: 4, gpus: group(trial), signal };
      await trial.call('run() without onStep', () => trial.backend.run(call));
      request.stepsDone = 4;
      await deliver(trial, request);
    },
  },
  {
    name: 'the artifact depends on the payload, and on nothing else',
    async run(trial) {
      const [one, again, other] = [
        await artifactAlone(trial, { index: 0 }),
        await artifactAlone(trial, { index: 0 }),
        await artifactAlone(trial, { index: 1 }),
      ];
      const { sameArtifact } = trial.declared;
      demand(sameArtifact(one, again), 'equal payloads have to give equal artifacts, whenever they are made');
      demand(
        !sameArtifact(one, other),
        'other payloads give other artifacts, or sameArtifact() cannot tell them apart',
      );
    },
  },
  {
    name: 'after a cache hit it starts at startStep',
    async run(trial) {
      const request = await prepared(trial, 'a', { steps: 5, startStep: 2 });
      request.stepsDone = 0;
      await refusal(request.run(1), ['wrong-step'], 'run() from a step before startStep');
      request.stepsDone = 2;
      await complete(trial, request);
    },
  },
  {
    name: 'finish can be called again',
    async run(trial) {
      const request = await prepared(trial, 'a');
      await request.run(4);
      await request.finish();
      await deliver(trial, request);
    },
  },
  {
    name: 'prepare and finish on a GPU in a chunk wait for their turn',
    async run(trial) {
      const gpus = group(trial);
      const done = await prepared(trial, 'done', { index: 1 });
      await done.run(4);
      const busy = await prepareLong(trial, 'busy');
      const running = busy.run(longSteps(trial), { gpus });
      const late = createRequest(trial, 'late', { index: 2 });
      await Promise.all([running, late.prepare({ gpus }), done.finish({ gpus })]);
      await deliver(trial, done);
      await complete(trial, late);
    },
  },
  {
    name: 'every step of a chunk is told once, in order, and nothing after its end',
    needs: [reporting],
    async run(trial) {
      const request = await prepared(trial, 'a', { steps: 6 });
      for (const count of [1, 3, 2]) {
        const told: number[] = [];
        await request.run(count, { onStep: (stepsDone) => told.push(stepsDone) });
        const due = Array.from({ length: count }, (_, index) => index + 1);
        demand(told.join() === due.join(), `a chunk of ${count} steps told of ${told.join()}, not of ${due.join()}`);
      }
      await deliver(trial, request);
      await letTimePass(trial);
    },
  },
];
