import { BackendError, type PrepareCall } from '../../../src/backends/index.js';
import type { Payload } from '../faulty-backend/index.js';
import { forever, never, onReject, staysBusy, unlike, type Defects } from './defect.js';

/** What goes wrong when requests are aborted, released or fail. */
export const endingDefects: Defects = {
  'aborts: prepare with an aborted signal resolves or rejects with aborted, and after release the id is free': {
    says: /an aborted prepare\(\) has to resolve or to reject with aborted; it rejected with chunk-failed/,
    breaks: (good) => ({
      async prepare(call) {
        if (call.signal.aborted) throw new BackendError('chunk-failed', 'aborted');
        await good.prepare(call);
      },
    }),
  },
  'aborts: an abort during prepare resolves or rejects with aborted, and after release the id is free': {
    says: /an aborted prepare\(\) has to resolve or to reject with aborted; it rejected with AbortError/,
    breaks: (good) => ({
      prepare: (call) =>
        good.prepare(call).catch((error: unknown) => {
          throw call.signal.aborted ? (call.signal.reason as unknown) : error;
        }),
    }),
  },
  'aborts: an abort while prepare waits for its GPU leaves nothing behind, and the chunk alone': {
    says: /resolved with \d+ steps: without an abort it has to do all of them/,
    breaks: (good) => {
      const stops = new Map<number, AbortController>();
      return {
        run(call) {
          const stop = new AbortController();
          for (const gpu of call.gpus) stops.set(gpu, stop);
          return good.run({ ...call, signal: AbortSignal.any([call.signal, stop.signal]) });
        },
        prepare(call) {
          call.signal.addEventListener('abort', () => stops.get(call.gpu)?.abort());
          return good.prepare(call);
        },
      };
    },
  },
  'aborts: a chunk with an aborted signal ends at its first step boundary': {
    says: /an aborted chunk did all 40 steps; abortsChunks is declared/,
    breaks: (good) => ({ run: (call) => good.run({ ...call, signal: call.signal.aborted ? never : call.signal }) }),
  },
  'aborts: an abort in mid-chunk ends it at its next step boundary': {
    says: /an aborted chunk did all 40 steps; abortsChunks is declared/,
    breaks: (good) => ({ run: (call) => good.run({ ...call, signal: call.signal.aborted ? call.signal : never }) }),
  },
  'aborts: an aborted chunk resolves, and the request goes on from where it stopped': {
    says: /run\(\) of \d+ steps of "a" from step \d+ on GPUs 0 has to resolve here; it rejected with wrong-step/,
    breaks: (good) => ({
      async run(call) {
        const { steps } = await good.run(call);
        if (steps === call.steps) return { steps };
        call.onStep?.(steps + 1);
        return { steps: steps + 1 };
      },
    }),
  },
  'aborts: when an aborted chunk resolves, its GPUs take the next one': {
    says: /has to resolve here; it rejected with gpu-busy/,
    breaks: staysBusy((how) => how === 'aborted'),
  },
  'aborts: an abort leaves the chunks on other GPUs alone': {
    says: /resolved with \d+ steps: without an abort it has to do all of them/,
    breaks: (good) => {
      const all = new AbortController();
      return {
        run(call) {
          call.signal.addEventListener('abort', () => all.abort());
          return good.run({ ...call, signal: all.signal });
        },
      };
    },
  },
  'aborts: an abort during finish resolves or rejects with aborted, and finish can be called again': {
    says: /an aborted finish\(\) has to resolve or to reject with aborted; it rejected with not-prepared/,
    breaks: (good, kit) => onReject('finish', 'aborted', (requestId) => good.release(requestId))(good, kit),
  },
  'aborts: an abort after the end of a call changes nothing': {
    says: /resolved with 0 steps: without an abort it has to do all of them/,
    breaks: (good) => {
      const signals = new Map<string, AbortSignal>();
      return {
        prepare(call) {
          signals.set(call.requestId, call.signal);
          return good.prepare(call);
        },
        run: (call) =>
          good.run({
            ...call,
            signal: AbortSignal.any([call.signal, signals.get(call.members[0]!.requestId) ?? never]),
          }),
      };
    },
  },

  'releases: release resolves again and again, and for requests that it does not know': {
    says: /release\(\) of "a" has to resolve here; it rejected with not-prepared/,
    breaks: (good) => {
      const known = new Set<string>();
      return {
        prepare(call) {
          known.add(call.requestId);
          return good.prepare(call);
        },
        async release(requestId) {
          if (!known.delete(requestId)) throw new BackendError('not-prepared', 'who is that?');
          await good.release(requestId);
        },
      };
    },
  },
  'releases: a released request is not known any more: not-prepared': {
    says: /run\(\) of a released request has to reject with not-prepared; it resolved/,
    breaks: () => ({ release: () => Promise.resolve() }),
  },
  'releases: a released id can be used for another request, with nothing of the old one': {
    says: /the artifact of "a"/,
    breaks: (good) => {
      const firstCalls = new Map<string, PrepareCall<Payload>>();
      return {
        prepare(call) {
          const { payload } = firstCalls.get(call.requestId) ?? call;
          firstCalls.set(call.requestId, call);
          return good.prepare({ ...call, payload });
        },
      };
    },
  },
  'releases: release in mid-chunk ends the chunk at its next step': {
    says: /a released request did all steps of its chunk/,
    fault: 'release-does-not-stop',
  },
  'releases: release in mid-chunk ends the call, and its GPUs take the next chunk': {
    says: /run\(\) of 40 steps of "a" from step 0 on GPUs 0 never ends/,
    breaks: (good) => {
      const released = new Set<string>();
      return {
        release(requestId) {
          released.add(requestId);
          return good.release(requestId);
        },
        async run(call) {
          const result = await good.run(call);
          return call.members.some(({ requestId }) => released.has(requestId)) ? forever() : result;
        },
      };
    },
  },
  'releases: an id that is released in mid-chunk is free at once, and the old chunk does not touch the new state': {
    says: /the artifact of "a"/,
    fault: 'old-chunk-writes-to-new-state',
  },
  'releases: release during prepare ends it, and what it prepared does not appear later': {
    says: /run\(\) of a request that was released during prepare\(\) has to reject with not-prepared; it resolved/,
    fault: 'released-prepare-comes-late',
  },
  'releases: release during finish ends it, and frees the id': {
    says: /finish\(\) of "a" on GPU 0 never ends/,
    breaks: (good) => ({
      finish: (call) =>
        good
          .finish(call)
          .catch((error: BackendError) => (error.code === 'aborted' ? forever() : Promise.reject(error))),
    }),
  },
  'releases: release of one member of a batch leaves the others intact': {
    says: /the artifact of "b"/,
    fault: 'release-takes-mates-along',
  },

  'failures: a step that fails rejects the chunk with chunk-failed, in the state that is declared': {
    says: /the error says that the state is lost; keepsStateOnFailure is true, so it has to be intact/,
    breaks: unlike('run', 'chunk-failed', 'chunk-failed'),
  },
  'failures: a failed request goes on as the error says: after the completed steps, or prepared anew': {
    says: /run\(\) of a payload that fails has to reject with chunk-failed; it rejected with wrong-step/,
    breaks: onReject('run', 'chunk-failed', (_, __, { steps, state, message }) => {
      throw new BackendError('chunk-failed', message, { state, steps: steps + 1 });
    }),
  },
  'failures: a failed request can be released, and its id used for another': {
    says: /prepare\(\) of "bad" on GPU 0 has to resolve here; it rejected with already-prepared/,
    breaks: (good, kit) => {
      const failed = new Set<string>();
      return {
        ...onReject('run', 'chunk-failed', (requestId) => void failed.add(requestId))(good, kit),
        release: async (requestId) => (failed.has(requestId) ? undefined : good.release(requestId)),
      };
    },
  },
  'failures: when a chunk has failed, its GPUs take the next one': {
    says: /has to resolve here; it rejected with gpu-busy/,
    breaks: staysBusy((how) => how === 'chunk-failed'),
  },
  'failures: a failure leaves the chunks on other GPUs alone': {
    says: /resolved with \d+ steps: without an abort it has to do all of them/,
    breaks: (good) => {
      const all = new AbortController();
      return {
        run: (call) =>
          good.run({ ...call, signal: AbortSignal.any([call.signal, all.signal]) }).catch((error: unknown) => {
            all.abort();
            throw error;
          }),
      };
    },
  },
  'failures: the mates of a failing member are in the state that is declared, and not to blame': {
    says: /the artifact of "mate"/,
    fault: 'failure-harms-mates',
  },
  'failures: a request whose state is lost is refused with not-prepared': {
    says: /run\(\) of a request whose state is lost has to reject with not-prepared; it rejected with wrong-step/,
    breaks: unlike('run', 'not-prepared', 'wrong-step'),
    capabilities: { keepsStateOnFailure: false },
  },
};
