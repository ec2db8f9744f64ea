import { systemClock } from '../../clock/index.js';
import { whole } from '../../model/check.js';
import { parseCluster } from '../../model/index.js';
import type { Profile } from '../../profile/index.js';
import { BackendError, type BackendErrorCode, type BackendListener } from '../contract/index.js';
import { createExecutionModel } from './execution-model.js';
import { createFaults, failCalls } from './faults.js';
import { createGpuConditions } from './gpu-conditions.js';
import { createGpuTurns, createRequestStates } from '../bookkeeping/index.js';
import type { CallInProgress } from './job.js';
import { decodeJob, encodeJob, stepsJob } from './jobs.js';
import type { SimulatedBackend, SimulatedBackendOptions } from './options.js';
import { planFailure, planPoisoning } from './planned-failure.js';
import { checkFinish, checkPrepare, checkRun } from './refusals.js';
import type { SimulatedState } from './simulated-state.js';
import { startCall } from './start-call.js';
import { createWaitingFaults } from './waiting-faults.js';

type Life = 'fresh' | 'open' | 'lost' | 'closed';

/** Why nothing can be called. */
const refusals: Readonly<Record<Exclude<Life, 'open'>, readonly [BackendErrorCode, string]>> = {
  fresh: ['backend-not-open', 'the backend is not open'],
  lost: ['backend-lost', 'the backend was lost'],
  closed: ['backend-closed', 'the backend is closed'],
};

/**
 * A backend without GPUs: calls take as long on its clock as the profile says, and each uses its GPUs alone. It keeps the whole
 * contract, has every capability, and everything that can go wrong can be made to.
 *
 * Encoding, chunks and decoding take turns on a GPU in the order of the calls. A `run` waits for encoding and decoding
 * only; for another chunk it is refused. Encoding and decoding that have begun run to their end, also when they are aborted or
 * released; before that, they reject with `aborted`. After a failure that leaves the state `lost`, the request is forgotten, as by
 * `release`. The noise, the slowness and the stalls of GPUs aside, times are exact: the n-th step ends n step times after the
 * start of the first.
 *
 * @throws `TetriError` `out-of-range`, `invalid-type`, `empty`, `duplicate-gpu` for options that make no sense
 */
export function createSimulatedBackend(options: SimulatedBackendOptions): SimulatedBackend {
  const {
    profile,
    clock = systemClock(),
    isPoisonous = () => false,
    blames = true,
    onChunk = () => undefined,
  } = options;
  const cluster = parseCluster(options.cluster, 'cluster');
  const maxBatchSize = whole(options.maxBatchSize ?? largestBatch(profile), 'maxBatchSize', 1);
  const model = createExecutionModel({ ...options, shapeOf: (key) => (states.get(key) as SimulatedState).shape });
  const states = createRequestStates<SimulatedState>((key) => model.release(key));
  const gpus = createGpuConditions(cluster);
  const turns = createGpuTurns();
  const calls = new Set<CallInProgress>();
  const waiting = createWaitingFaults();
  const context = { profile, maxBatchSize, clock, states, gpus, turns, calls, onChunk };
  let life: Life = 'fresh';
  let listener: BackendListener = () => undefined;

  /** Ends every call and drops every state. */
  const endAll = (code: BackendErrorCode, message: string, cut: 'cancelled' | 'gpu-lost'): void => {
    failCalls(calls, { code, message, state: 'lost', cut });
    states.dropAll();
  };

  /** Checks, then starts a call; what is thrown is the answer as well. */
  const answer = <Result>(start: () => Promise<Result>): Promise<Result> => {
    try {
      return start();
    } catch (error) {
      if (BackendError.isInstance(error)) return Promise.reject(error);
      return Promise.reject(new BackendError('chunk-failed', String(error), { state: 'intact', cause: error }));
    }
  };
  const whenOpen = <Result>(start: () => Promise<Result>): Promise<Result> =>
    answer(() => {
      if (life !== 'open') throw new BackendError(...refusals[life]);
      return start();
    });

  return {
    specificationVersion: 'v1',
    name: 'simulated',
    capabilities: {
      maxBatchSize,
      reportsSteps: true,
      abortsChunks: true,
      keepsStateOnFailure: true,
      losesGpus: true,
      reopens: true,
    },

    open: (told) =>
      answer(() => {
        if (life === 'closed') throw new BackendError(...refusals.closed);
        if (life === 'open') throw new BackendError('unsupported', 'the backend is open already');
        life = 'open';
        listener = told;
        return Promise.resolve({ cluster });
      }),

    prepare: (call) =>
      whenOpen(() => {
        const { requestId, shape, steps, startStep, payload } = call;
        const times = checkPrepare(context, call);
        const state = states.add({
          requestId,
          shape,
          times,
          steps,
          payload,
          stepsDone: startStep,
          lastEndMs: Infinity,
        });
        return startCall(context, encodeJob(call, state, waiting.encodings.take([requestId])));
      }),

    run: (call) =>
      whenOpen(() => {
        const members = checkRun(context, call);
        const requestIds = members.map(({ requestId }) => requestId);
        const poisoning = planPoisoning(members, isPoisonous, blames);
        const told = poisoning === undefined ? waiting.chunks.take(requestIds) : undefined;
        const failure = poisoning ?? (told && planFailure(told, members));
        const stalled = waiting.stalls.take(requestIds) !== undefined;
        return startCall(context, stepsJob(call, members, { model, gpus, failure, stalled }));
      }),

    finish: (call) =>
      whenOpen(() => {
        const state = checkFinish(context, call);
        return startCall(context, decodeJob(call, state, waiting.decodings.take([call.requestId])));
      }),

    release: (requestId) => states.release(requestId),

    close() {
      life = 'closed';
      gpus.lost.clear();
      endAll('backend-closed', 'the backend was closed', 'cancelled');
      return Promise.resolve();
    },

    held: () => states.size,

    faults: createFaults({
      gpus,
      calls,
      waiting,
      isOpen: () => life === 'open',
      report: (event) => listener(event),
      lose(detail) {
        life = 'lost';
        endAll('backend-lost', detail, 'gpu-lost');
      },
    }),
  };
}

function largestBatch({ shapes }: Profile): number {
  return Math.max(1, ...shapes.flatMap(({ batches }) => batches.map(({ size }) => size)));
}
