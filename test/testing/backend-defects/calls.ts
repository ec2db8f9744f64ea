import { BackendError } from '../../../src/backends/index.js';
import { fullCapabilities } from '../faulty-backend/index.js';
import { unlike, type Defects } from './defect.js';

/** What goes wrong in calls that are made as they should be, or should not be made. */
export const callDefects: Defects = {
  'lifecycle: it declares version v1, a name, and the capabilities that it is said to have': {
    says: /capabilities\.reportsSteps is not what it is said to be/,
    breaks: () => ({ capabilities: { ...fullCapabilities, reportsSteps: false } }),
  },
  'lifecycle: open tells a valid cluster with the GPUs that it is said to have': {
    says: /it has 3 GPUs; it is said to have 4/,
    breaks: (good) => ({
      async open(listener) {
        const { cluster } = await good.open(listener);
        return { cluster: { gpus: cluster.gpus.slice(1) } };
      },
    }),
  },
  'lifecycle: before open, work is refused with backend-not-open': {
    says: /run\(\) before open\(\) has to reject with backend-not-open; it rejected with backend-closed/,
    breaks: unlike('run', 'backend-not-open', 'backend-closed'),
  },
  'lifecycle: before open, release and close resolve, again and again, and closed it stays': {
    says: /release\(\) of a request has to resolve here; it rejected with backend-not-open/,
    breaks: (good) => {
      let isOpen = false;
      return {
        open(listener) {
          isOpen = true;
          return good.open(listener);
        },
        async release(requestId) {
          if (!isOpen) throw new BackendError('backend-not-open', 'not open');
          await good.release(requestId);
        },
      };
    },
  },
  'lifecycle: while it closes, work is refused with backend-closed': {
    says: /after the call of close\(\) has to reject with backend-closed/,
    fault: 'draining-takes-work',
  },
  'lifecycle: while it closes, release and close resolve': {
    says: /close\(\) has to resolve here; it rejected with backend-closed/,
    breaks: (good) => {
      let closing = 0;
      return {
        async close() {
          if (++closing > 1) throw new BackendError('backend-closed', 'is closing already');
          await good.close();
          closing = 0;
        },
      };
    },
  },
  'lifecycle: closed, it refuses work with backend-closed': {
    says: /finish\(\) after close\(\) has to reject with backend-closed; it rejected with not-prepared/,
    breaks: unlike('finish', 'backend-closed', 'not-prepared'),
  },
  'lifecycle: closed, release and close resolve, again and again': {
    says: /release\(\) of a request has to resolve here; it rejected with TypeError/,
    breaks: (good) => {
      let isClosed = false;
      return {
        async close() {
          await good.close();
          isClosed = true;
        },
        async release(requestId) {
          if (isClosed) throw new TypeError('there is nothing here any more');
          await good.release(requestId);
        },
      };
    },
  },
  'lifecycle: close ends every call in progress': {
    says: /finish\(\) of "done" on GPU 0 never ends/,
    fault: 'close-forgets-those-who-wait',
  },
  'lifecycle: close ends a chunk at its next step': {
    says: /close\(\) waited for all steps of the chunk/,
    fault: 'close-waits-for-chunks',
  },
  'lifecycle: close drops the state of every request': {
    says: /after close\(\) it holds state of 3 requests; it has to drop everything/,
    fault: 'close-keeps-state',
  },

  'steps: a request is prepared, runs its steps in chunks, and is finished': {
    says: /resolved with 1 steps: without an abort it has to do all of them/,
    breaks: (good) => ({ run: async (call) => ({ steps: (await good.run(call)).steps - 1 }) }),
  },
  'steps: a chunk may be run without onStep': {
    says: /run\(\) without onStep has to resolve here; it rejected with TypeError/,
    breaks: (good) => ({ run: async (call) => good.run({ ...call, onStep: call.onStep!.bind(undefined) }) }),
  },
  'steps: the artifact depends on the payload, and on nothing else': {
    says: /equal payloads have to give equal artifacts/,
    breaks: (good) => {
      let finished = 0;
      return { finish: async (call) => `${await good.finish(call)} ${finished++}` };
    },
  },
  'steps: after a cache hit it starts at startStep': {
    says: /run\(\) from a step before startStep has to reject with wrong-step; it resolved/,
    breaks: (good) => ({ prepare: (call) => good.prepare({ ...call, startStep: 0 }) }),
  },
  'steps: finish can be called again': {
    says: /finish\(\) of "a" on GPU 0 has to resolve here; it rejected with not-prepared/,
    breaks: (good) => ({
      async finish(call) {
        const artifact = await good.finish(call);
        await good.release(call.requestId);
        return artifact;
      },
    }),
  },
  'steps: prepare and finish on a GPU in a chunk wait for their turn': {
    says: /prepare\(\) of "late" on GPU 0 has to resolve here; it rejected with gpu-busy/,
    breaks: (good) => {
      const busy = new Set<number>();
      return {
        async run(call) {
          for (const gpu of call.gpus) busy.add(gpu);
          return good.run(call).finally(() => busy.clear());
        },
        async prepare(call) {
          if (busy.has(call.gpu)) throw new BackendError('gpu-busy', 'come again');
          await good.prepare(call);
        },
      };
    },
  },
  'steps: every step of a chunk is told once, in order, and nothing after its end': {
    says: /told of a step after it had ended/,
    breaks: (good) => {
      const late: (() => void)[] = [];
      return {
        async run(call) {
          for (const tell of late) tell();
          const result = await good.run(call);
          late.push(() => call.onStep?.(result.steps + 1));
          return result;
        },
      };
    },
  },

  'refusals: a request that it does not know is refused with not-prepared': {
    says: /finish\(\) of a request that was never prepared has to reject with not-prepared; it rejected with Error/,
    breaks: (good) => ({
      finish: async (call) =>
        good.finish(call).catch((error: BackendError) => {
          throw error.code === 'not-prepared' ? new Error('who is that?') : error;
        }),
    }),
  },
  'refusals: a request that has a state is not prepared anew: already-prepared': {
    says: /prepare\(\) of a request that has a state has to reject with already-prepared; it resolved/,
    breaks: (good) => ({
      async prepare(call) {
        await good.release(call.requestId);
        await good.prepare(call);
      },
    }),
  },
  'refusals: of two prepares of one request at once, one is refused': {
    says: /prepare\(\) of a request that is being prepared has to reject with already-prepared or request-busy/,
    breaks: (good) => {
      const preparing = new Map<string, Promise<void>>();
      return {
        prepare(call) {
          const joined = preparing.get(call.requestId) ?? good.prepare(call);
          preparing.set(call.requestId, joined);
          return joined.finally(() => preparing.delete(call.requestId));
        },
      };
    },
  },
  'refusals: a step that the request is not at is refused with wrong-step': {
    says: /run\(\) from step 0 of a request that is at step 2 has to reject with wrong-step; it resolved/,
    breaks: unlike('run', 'wrong-step'),
  },
  'refusals: more steps than are left are refused with wrong-step': {
    says: /run\(\) of 5 steps of a request of 4 has to reject with wrong-step; it rejected with unsupported/,
    breaks: unlike('run', 'wrong-step', 'unsupported'),
  },
  'refusals: finish with steps left is refused with wrong-step': {
    says: /finish\(\) of a request with 4 steps left has to reject with wrong-step; it resolved/,
    breaks: unlike('finish', 'wrong-step'),
  },
  'refusals: a request in a chunk is refused other calls with request-busy': {
    says: /run\(\) of a request that runs has to reject with request-busy; it rejected with wrong-step/,
    breaks: unlike('run', 'request-busy', 'wrong-step'),
  },
  'refusals: a GPU in a chunk is refused to other chunks with gpu-busy': {
    says: /run\(\) on GPUs of which one is in a chunk has to reject with gpu-busy; it resolved/,
    breaks: unlike('run', 'gpu-busy'),
  },
  'refusals: GPUs that it does not have, or that are named twice, are refused with unsupported': {
    says: /run\(\) on a group that names a GPU twice has to reject with unsupported; it resolved/,
    breaks: (good) => ({ run: (call) => good.run({ ...call, gpus: [...new Set(call.gpus)] }) }),
  },
  'refusals: a shape that is none is refused with unsupported': {
    says: /prepare\(\) of the shape "no-shape" has to reject with unsupported; it resolved/,
    breaks: (good) => ({
      prepare: (call) => good.prepare({ ...call, shape: call.shape.includes('x') ? call.shape : '256x256' }),
    }),
  },

  'moving: chunks of any length give the same artifact': { says: /the artifact of "a"/, fault: 'chunks-matter' },
  'moving: the largest degree gives the artifact of the smallest': {
    says: /the artifact of "a"/,
    fault: 'degree-matters',
  },
  'moving: a change of degree at every chunk gives the same artifact': {
    says: /the artifact of "a"/,
    fault: 'change-of-degree-matters',
  },
  'moving: a change of GPUs at every chunk gives the same artifact': {
    says: /the artifact of "a"/,
    fault: 'gpu-matters',
  },
  'moving: the order of the GPUs in a group does not matter': {
    says: /the artifact of "a"/,
    fault: 'order-of-gpus-matters',
  },
  'moving: a request may be prepared, run and finished on different GPUs': {
    says: /run\(\) of 4 steps of "a" from step 0 on GPUs 0 has to resolve here; it rejected with unsupported/,
    breaks: (good) => {
      const homes = new Map<string, number>();
      return {
        async prepare(call) {
          homes.set(call.requestId, call.gpu);
          await good.prepare(call);
        },
        async run(call) {
          if (call.members.some(({ requestId }) => !call.gpus.includes(homes.get(requestId)!))) {
            throw new BackendError('unsupported', 'the latents are elsewhere');
          }
          return good.run(call);
        },
      };
    },
  },
  'moving: requests of every shape may change their GPUs': {
    says: /the artifact of "a"/,
    fault: 'second-shape-cannot-move',
  },

  'batches: more members than maxBatchSize are refused with unsupported': {
    says: /run\(\) of a batch of 4 has to reject with unsupported; it rejected with chunk-failed/,
    breaks: unlike('run', 'unsupported', 'chunk-failed'),
  },
  'batches: as many members as maxBatchSize get the artifacts that they get alone': {
    says: /the artifact of "member-0"/,
    fault: 'full-batch-matters',
  },
  'batches: members may be at different steps': { says: /the artifact of/, fault: 'batch-takes-step-of-first' },
  'batches: a member may leave for another batch': {
    says: /run\(\) of 2 steps of .* has to resolve here; it rejected with unsupported/,
    breaks: (good) => {
      const mates = new Map<string, string>();
      return {
        async run(call) {
          const batch = call.members.map(({ requestId }) => requestId).join();
          for (const { requestId } of call.members) {
            if ((mates.get(requestId) ?? batch) !== batch) throw new BackendError('unsupported', 'stays together');
            mates.set(requestId, batch);
          }
          return good.run(call);
        },
      };
    },
  },
  'batches: a batch may change its degree': { says: /the artifact of/, fault: 'wide-batch-matters' },
  'batches: the steps of a batch are told once, not once a member': {
    says: /told of the steps 1,1,2,2,3,3,4,4|told of step 1 after step 1/,
    breaks: (good) => ({
      run: (call) => good.run({ ...call, onStep: (done) => call.members.forEach(() => call.onStep?.(done)) }),
    }),
  },
  'batches: members of unequal shapes are refused with unsupported': {
    says: /run\(\) of a batch of two shapes has to reject with unsupported; it rejected with wrong-step/,
    breaks: unlike('run', 'unsupported', 'wrong-step'),
  },
  'batches: one member that cannot run refuses the batch, and changes nothing for the others': {
    says: /the artifact of "one"/,
    fault: 'refused-batch-touches-first',
  },
  'batches: an abort ends all members at the same step, and each goes on alone': {
    says: /the artifact of "other"/,
    fault: 'abort-leaves-mates-behind',
  },
};
