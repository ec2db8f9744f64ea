import { complete, deliver } from './artifacts.js';
import type { ConformanceCase } from './conformance-case.js';
import { refusal } from './expectations.js';
import { first, group, groups, largest } from './groups.js';
import { createRequest, prepared } from './requests.js';
import { longSteps, prepareLong } from './under-way.js';

/** Calls that cannot be made are refused by their code, and change nothing. */
export const refusals: readonly ConformanceCase[] = [
  {
    name: 'a request that it does not know is refused with not-prepared',
    async run(trial) {
      const unknown = createRequest(trial, 'unknown');
      await refusal(unknown.run(1), ['not-prepared'], 'run() of a request that was never prepared');
      await refusal(unknown.finish(), ['not-prepared'], 'finish() of a request that was never prepared');
    },
  },
  {
    name: 'a request that has a state is not prepared anew: already-prepared',
    async run(trial) {
      const request = await prepared(trial, 'a', { index: 0 });
      await request.run(2);
      const again = createRequest(trial, 'a', { index: 1 });
      await refusal(again.prepare(), ['already-prepared'], 'prepare() of a request that has a state');
      await complete(trial, request);
    },
  },
  {
    name: 'of two prepares of one request at once, one is refused',
    async run(trial) {
      const request = createRequest(trial, 'a', { index: 0 });
      const preparing = request.prepare();
      const again = createRequest(trial, 'a', { index: 1 }).prepare();
      const codes = ['already-prepared', 'request-busy'] as const;
      await refusal(again, codes, 'prepare() of a request that is being prepared');
      await preparing;
      await complete(trial, request);
    },
  },
  {
    name: 'a step that the request is not at is refused with wrong-step',
    async run(trial) {
      const request = await prepared(trial, 'a');
      await request.run(2);
      for (const fromStep of [0, 1, 3]) {
        request.stepsDone = fromStep;
        await refusal(request.run(1), ['wrong-step'], `run() from step ${fromStep} of a request that is at step 2`);
      }
      request.stepsDone = 2;
      await complete(trial, request);
    },
  },
  {
    name: 'more steps than are left are refused with wrong-step',
    async run(trial) {
      const request = await prepared(trial, 'a');
      await refusal(request.run(5), ['wrong-step'], 'run() of 5 steps of a request of 4');
      await request.run(2);
      await refusal(request.run(3), ['wrong-step'], 'run() of 3 steps of a request with 2 left');
      await complete(trial, request);
    },
  },
  {
    name: 'finish with steps left is refused with wrong-step',
    async run(trial) {
      const request = await prepared(trial, 'a');
      await refusal(request.finish(), ['wrong-step'], 'finish() of a request with 4 steps left');
      await request.run(3);
      await refusal(request.finish(), ['wrong-step'], 'finish() of a request with 1 step left');
      await complete(trial, request);
    },
  },
  {
    name: 'a request in a chunk is refused other calls with request-busy',
    async run(trial) {
      const gpus = group(trial);
      // Other GPUs, so that nothing but the request is in use. Where there are none, either may be what it complains of.
      const other = groups(trial)[1];
      const request = await prepareLong(trial, 'a');
      const running = request.run(longSteps(trial), { gpus });
      const where = { gpus: other ?? gpus };
      const [run, finish, prepare] = [
        request.run(1, where),
        request.finish(where),
        createRequest(trial, 'a').prepare(where),
      ];
      await refusal(run, other ? ['request-busy'] : ['request-busy', 'gpu-busy'], 'run() of a request that runs');
      await refusal(finish, ['request-busy', 'wrong-step'], 'finish() of a request that runs');
      await refusal(prepare, ['request-busy', 'already-prepared'], 'prepare() of a request that runs');
      await running;
      await deliver(trial, request);
    },
  },
  {
    name: 'a GPU in a chunk is refused to other chunks with gpu-busy',
    async run(trial) {
      const wide = group(trial, 0, largest(trial));
      const other = await prepared(trial, 'b', { index: 1 });
      const busy = await prepareLong(trial, 'a');
      const running = busy.run(longSteps(trial), { gpus: group(trial) });
      await refusal(other.run(1, { gpus: wide }), ['gpu-busy'], 'run() on GPUs of which one is in a chunk');
      await running;
      await complete(trial, other, wide);
    },
  },
  {
    name: 'GPUs that it does not have, or that are named twice, are refused with unsupported',
    async run(trial) {
      const none = 1 + Math.max(...trial.description().cluster.gpus.map(({ id }) => id));
      const gpus = group(trial);
      const done = await prepared(trial, 'done', { index: 1 });
      await done.run(4);
      const request = await prepared(trial, 'a');
      const withNone = [...gpus.slice(1), none];
      await refusal(request.run(1, { gpus: withNone }), ['unsupported'], 'run() on a GPU that is not in the cluster');
      const twice = [...gpus, first(gpus)];
      await refusal(request.run(1, { gpus: twice }), ['unsupported'], 'run() on a group that names a GPU twice');
      await refusal(done.finish({ gpus: [none] }), ['unsupported'], 'finish() on a GPU that is not in the cluster');
      const late = createRequest(trial, 'late', { index: 2 });
      await refusal(late.prepare({ gpus: [none] }), ['unsupported'], 'prepare() on a GPU that is not in the cluster');
      await late.prepare();
      for (const one of [request, done, late]) await complete(trial, one);
    },
  },
  {
    name: 'a shape that is none is refused with unsupported',
    async run(trial) {
      const request = createRequest(trial, 'a', { shape: 'no-shape' });
      await refusal(request.prepare(), ['unsupported'], 'prepare() of the shape "no-shape"');
      await complete(trial, await prepared(trial, 'a'));
    },
  },
];
