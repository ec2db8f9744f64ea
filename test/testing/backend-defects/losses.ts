import { BackendError } from '../../../src/backends/index.js';
import { onReject, staysBusy, unlike, type Defects } from './defect.js';

/** What goes wrong when GPUs or the backend are lost, when much happens at once, and what is left behind. */
export const lossDefects: Defects = {
  'gpu loss: a GPU that is lost is told once': {
    says: /gpu-lost was reported 2 times; it is reported once until the GPU is back/,
    fault: 'loss-is-told-twice',
  },
  'gpu loss: a chunk on a lost GPU rejects with gpu-lost': {
    says: /a chunk whose GPU is lost has to reject with gpu-lost; it resolved/,
    fault: 'chunks-survive-loss',
  },
  'gpu loss: chunks on other GPUs go on': {
    says: /run\(\) of 40 steps of "b" from step 0 on GPUs 1 has to resolve here; it rejected with gpu-lost/,
    fault: 'loss-ends-every-chunk',
  },
  'gpu loss: the other GPUs of the group can be used at once': {
    says: /on GPUs 1 has to resolve here; it rejected with gpu-busy/,
    breaks: staysBusy((how) => how === 'gpu-lost'),
  },
  'gpu loss: the request goes on elsewhere, as the error says': {
    says: /on GPUs 1 has to resolve here; it rejected with wrong-step/,
    breaks: onReject('run', 'gpu-lost', (_, __, { steps, state, message }) => {
      throw new BackendError('gpu-lost', message, { state, steps: steps + 1 });
    }),
  },
  'gpu loss: work on a GPU that is lost is refused with gpu-lost, till it is back': {
    says: /run\(\) on a lost GPU has to reject with gpu-lost; it rejected with unsupported/,
    breaks: unlike('run', 'gpu-lost', 'unsupported'),
  },
  'gpu loss: prepare and finish that wait for a GPU end when it is lost': {
    says: /finish\(\) of "done" on GPU 0 never ends/,
    fault: 'loss-forgets-those-who-wait',
  },
  'gpu loss: a GPU that comes back is told once, and can be used': {
    says: /gpu-back was reported 2 times; it is reported once/,
    breaks: (good) => ({
      open: (listener) =>
        good.open((event) => {
          listener(event);
          if (event.type === 'gpu-back') listener(event);
        }),
    }),
  },
  'gpu loss: a GPU that is lost again is told again': {
    says: /the wait for the event gpu-lost of GPU 0 never ends/,
    breaks: (good) => {
      const told = new Set<number>();
      return {
        open: (listener) =>
          good.open((event) => {
            if (event.type === 'gpu-lost' && told.has(event.gpu)) return;
            if (event.type === 'gpu-lost') told.add(event.gpu);
            listener(event);
          }),
      };
    },
  },
  'gpu loss: no loss is told from the call of close on': {
    says: /the event gpu-lost was reported after the call of close\(\)/,
    fault: 'closing-tells-losses',
  },

  'backend loss: the loss is told once, and calls in progress reject with backend-lost': {
    says: /a call in progress when the backend is lost has to reject with backend-lost; it rejected with chunk-failed/,
    breaks: unlike('run', 'backend-lost', 'chunk-failed'),
  },
  'backend loss: a lost backend refuses work, and can be released and closed': {
    says: /finish\(\) after the event lost has to reject with backend-lost or backend-not-open/,
    breaks: unlike('finish', 'backend-lost', 'backend-closed'),
  },
  'backend loss: a lost backend keeps no state': {
    says: /lost and closed it holds state of 1 requests/,
    breaks: onReject('run', 'backend-lost', (requestId, { leak }) => leak(requestId)),
  },
  'backend loss: opened again it works, and knows nothing of before': {
    says: /opened again it holds state of 1 requests; all state was lost/,
    fault: 'reopened-remembers',
  },
  'backend loss: opened again it can be lost again': {
    says: /the wait for the event lost never ends/,
    breaks: (good) => {
      let losses = 0;
      return {
        open: (listener) =>
          good.open((event) => {
            if (event.type !== 'lost' || losses++ === 0) listener(event);
          }),
      };
    },
  },

  'concurrency: all GPUs run at once': {
    says: /ended before all of the 4 chunks on other GPUs had begun/,
    fault: 'two-chunks-at-a-time',
  },
  'concurrency: a short chunk ends before a long one on other GPUs': {
    says: /a chunk of 1 step ended after a chunk of 40 steps/,
    breaks: (good) => {
      let last: Promise<unknown> = Promise.resolve();
      return {
        run(call) {
          const run = last.then(() => good.run(call));
          last = run.catch(() => undefined);
          return run;
        },
      };
    },
  },
  'concurrency: prepare and finish do not wait for a chunk on other GPUs': {
    says: /prepare\(\) and finish\(\) ended after a chunk of 40 steps/,
    breaks: (good) => {
      let last: Promise<unknown> = Promise.resolve();
      return {
        run(call) {
          const run = good.run(call);
          last = run.catch(() => undefined);
          return run;
        },
        async prepare(call) {
          await last;
          await good.prepare(call);
        },
      };
    },
  },
  'concurrency: release does not wait for a chunk of another request': {
    says: /release\(\) ended after a chunk of 40 steps/,
    breaks: (good) => {
      let last: Promise<unknown> = Promise.resolve();
      return {
        run(call) {
          const run = good.run(call);
          last = run.catch(() => undefined);
          return run;
        },
        async release(requestId) {
          await last;
          await good.release(requestId);
        },
      };
    },
  },
  'concurrency: many requests take turns on all GPUs and get the artifacts that they get alone': {
    says: /prepare\(\) of "r8" on GPU 0 has to resolve here; it rejected with unsupported/,
    breaks: (good) => {
      const known = new Set<string>();
      return {
        async prepare(call) {
          if (known.add(call.requestId).size > 8) throw new BackendError('unsupported', 'too many');
          await good.prepare(call);
        },
      };
    },
  },

  'leaks: a request is held from prepare to release': {
    says: /with three requests prepared it holds state of 0 requests; it has to be 3/,
    misplaces: () => ({ held: () => 0 }),
  },
  'leaks: nothing is left of finished requests': {
    says: /after 6 finished requests it holds state of 6 requests/,
    breaks: (good, { leak }) => ({
      finish(call) {
        leak(call.requestId);
        return good.finish(call);
      },
    }),
  },
  'leaks: nothing is left of requests that were refused': {
    says: /after 6 refused requests it holds state of 6 requests/,
    breaks: onReject('prepare', 'unsupported', (requestId, { leak }) => leak(requestId)),
  },
  'leaks: nothing is left of requests aborted in prepare': {
    says: /after 6 aborted requests it holds state of 6 requests/,
    breaks: onReject('prepare', 'aborted', (requestId, { leak }) => leak(requestId)),
  },
  'leaks: nothing is left of requests aborted in mid-chunk': {
    says: /after 6 aborted requests it holds state of 6 requests/,
    breaks: (good, { leak }) => ({
      async run(call) {
        const result = await good.run(call);
        if (call.signal.aborted) leak(call.members[0]!.requestId);
        return result;
      },
    }),
  },
  'leaks: nothing is left of requests that failed': {
    says: /after 6 failed requests it holds state of 6 requests/,
    breaks: onReject('run', 'chunk-failed', (requestId, { leak }) => leak(requestId)),
  },
  'leaks: nothing is left of requests released in mid-chunk': {
    says: /when release\(\) of a request in mid-chunk resolved it holds state of 1 requests; it has to be 0/,
    breaks: (good, { leak }) => {
      const running = new Set<string>();
      return {
        run(call) {
          running.add(call.members[0]!.requestId);
          return good.run(call);
        },
        release(requestId) {
          if (running.has(requestId)) leak(requestId);
          return good.release(requestId);
        },
      };
    },
  },
  'leaks: nothing is left of requests released in prepare': {
    says: /when release\(\) of a request in prepare\(\) resolved it holds state of 1 requests; it has to be 0/,
    breaks: onReject('prepare', 'aborted', (requestId, { leak }) => leak(requestId)),
  },
  'leaks: nothing is left of requests whose GPU was lost': {
    says: /after 6 lost requests it holds state of 6 requests/,
    breaks: onReject('run', 'gpu-lost', (requestId, { leak }) => leak(requestId)),
  },
};
