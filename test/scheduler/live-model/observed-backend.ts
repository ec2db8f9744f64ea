import { isDeepStrictEqual } from 'node:util';
import {
  BackendError,
  type Backend,
  type BackendErrorCode,
  type BackendListener,
  type FinishCall,
  type PrepareCall,
  type RunCall,
  type RunResult,
} from '../../../src/backends/index.js';
import type { SimulatedArtifact } from '../../../src/backends/simulated/index.js';
import type { Cluster } from '../../../src/model/index.js';
import { batchStepMsAt, type Profile } from '../../../src/profile/index.js';
import { createAmbushes, type Ambushes } from './ambushes.js';
import { createGpuBooks, type GpuBooks } from './gpu-books.js';
import { createTrials, type Trials } from './trials.js';

/** What the client of a request asked for. */
export interface Asked {
  readonly shape: string;
  readonly steps: number;
  readonly startStep: number;
  readonly payload: unknown;
}

/** What an observer has to know. */
export interface ObserverOptions {
  readonly cluster: Cluster;
  readonly profile: Profile;
  readonly nowMs: () => number;
  /** What was asked for under an id; `undefined` if no such request is alive. */
  readonly asked: (requestId: string) => Asked | undefined;
  /** Told of everything that must not be. */
  readonly violate: (what: string) => void;
}

/** A backend that is watched: books of its own say what every request has done, and every call is held against them. */
export interface ObservedBackend extends Backend<unknown, SimulatedArtifact> {
  readonly trials: Trials;
  readonly ambushes: Ambushes;
  readonly gpus: GpuBooks;
  /** Lets so many further calls of `open` fail. */
  failOpens(count: number): void;
  /** How many calls of `open` failed since the last one that did not. */
  readonly failedOpens: number;
  /** How often it was opened. */
  readonly opened: number;
  /** States that were made and not released. */
  readonly states: number;
}

/** What the backend keeps of a request, as far as can be seen from outside. */
interface State {
  readonly requestId: string;
  readonly asked: Asked;
  stepsDone: number;
  call: 'prepare' | 'run' | 'finish' | undefined;
  /** The last call that was answered, and when: in the same moment the scheduler may not have noticed. */
  answered: { readonly call: State['call']; readonly atMs: number } | undefined;
  /** Requests in its chunk, if it is in one. */
  peers: number;
  /** Prepared, and not run since: the chunk that it was prepared for may lose a GPU before its steps begin. */
  isFresh: boolean;
  isReleased: boolean;
}

/** Errors that say that the scheduler broke the contract. */
const broken: readonly BackendErrorCode[] = [
  ...(['backend-not-open', 'not-prepared', 'already-prepared', 'wrong-step'] as const),
  ...(['request-busy', 'gpu-busy', 'unsupported'] as const),
];

export function observeBackend(
  inner: Backend<unknown, SimulatedArtifact>,
  { cluster, profile, nowMs, asked, violate }: ObserverOptions,
): ObservedBackend {
  const states = new Map<string, State>();
  const trials = createTrials(nowMs);
  const ambushes = createAmbushes();
  const gpus = createGpuBooks(cluster, nowMs);
  let opensToFail = 0;
  let failedOpens = 0;
  let opened = 0;
  let isClosed = false;

  /** Whether an error is one that things going wrong explain. */
  const codeOf = (error: unknown, what: string): BackendErrorCode => {
    if (!BackendError.isInstance(error)) throw error;
    const { code } = error;
    if (broken.includes(code) || (code === 'backend-closed' && !isClosed)) violate(`${what}: ${error.message}`);
    if (code === 'backend-lost' && gpus.lost.size < cluster.gpus.length) violate(`${what}: lost, and not told`);
    return code;
  };
  const checkGpu = (gpu: number, what: string): void => {
    if (!gpus.domainOf.has(gpu)) violate(`${what} on GPU ${gpu}, which is not there`);
    if (gpus.isKnownLost(gpu)) violate(`${what} on GPU ${gpu}, which is lost`);
    if (gpus.chunks.has(gpu)) violate(`${what} on GPU ${gpu}, which runs ${gpus.chunks.get(gpu)}`);
    if (gpus.encodings.has(gpu)) violate(`${what} on GPU ${gpu}, which encodes ${gpus.encodings.get(gpu)}`);
  };
  const checkIdle = (requestId: string, what: string): State | undefined => {
    const state = states.get(requestId);
    if (state === undefined && !gpus.isJustLost()) violate(`${what} without a state of ${requestId}`);
    if (state?.call !== undefined) violate(`${what} while ${requestId} is in a ${state.call}`);
    return state;
  };

  const answer = (state: State): void => {
    state.answered = { call: state.call, atMs: nowMs() };
    state.call = undefined;
  };

  const prepare = (call: PrepareCall): Promise<void> => {
    const { requestId, shape, steps, startStep, payload, gpu, signal } = call;
    const what = `prepare of ${requestId}`;
    const wanted = asked(requestId);
    if (wanted === undefined) violate(`${what}, which is not alive`);
    else if (!isDeepStrictEqual(wanted, { shape, steps, startStep, payload })) violate(`${what} as something else`);
    if (states.has(requestId)) violate(`${what}, which has a state`);
    if (signal.aborted) violate(`${what} that was aborted`);
    checkGpu(gpu, what);
    trials.start(requestId, startStep);
    const state: State = {
      requestId,
      asked: { shape, steps, startStep, payload },
      stepsDone: startStep,
      call: 'prepare',
      answered: undefined,
      peers: 1,
      isFresh: true,
      isReleased: false,
    };
    states.set(requestId, state);
    gpus.encodings.set(gpu, requestId);
    const over = (): void => {
      answer(state);
      if (gpus.encodings.get(gpu) === requestId) gpus.encodings.delete(gpu);
      ambushes.spring('prepare', 'after');
    };
    ambushes.spring('prepare', 'before');
    return inner.prepare(call).then(over, (error: unknown) => {
      const code = codeOf(error, what);
      if (!state.isReleased) states.delete(requestId);
      if (!state.isReleased && code === 'chunk-failed' && !signal.aborted) trials.fail(requestId, 'steps', 'certainly');
      over();
      throw error;
    });
  };

  const checkRun = (call: RunCall, members: readonly (State | undefined)[], what: string): void => {
    const [first] = members;
    const shape = first === undefined ? undefined : profile.shape(first.asked.shape);
    if (new Set(members).size < members.length) violate(`${what}: a member twice`);
    if (new Set(call.gpus).size < call.gpus.length || call.gpus.length === 0) violate(`${what}: a GPU twice, or none`);
    if (new Set(call.gpus.map((gpu) => gpus.domainOf.get(gpu))).size > 1) violate(`${what}: in several domains`);
    if (shape !== undefined && !shape.degrees.includes(call.gpus.length)) violate(`${what}: not a degree of its shape`);
    else if (shape !== undefined && batchStepMsAt(shape, members.length, call.gpus.length) === undefined) {
      violate(`${what}: not a batch of its shape`);
    }
    if (members.length > inner.capabilities.maxBatchSize) violate(`${what}: too large a batch`);
    members.forEach((state, index) => {
      const { requestId, fromStep } = call.members[index]!;
      if (state === undefined) return;
      if (profile.shape(state.asked.shape).id !== shape?.id) violate(`${what}: members of several shapes`);
      if (state.stepsDone !== fromStep) violate(`${what}: ${requestId} is at step ${state.stepsDone}, not ${fromStep}`);
      if (!(call.steps >= 1) || state.stepsDone + call.steps > state.asked.steps) {
        violate(`${what}: ${call.steps} steps of ${requestId}, which has done ${state.stepsDone}`);
      }
    });
    const isFresh = members.some((state) => state?.isFresh === true);
    for (const gpu of call.gpus) {
      // A chunk in which something was encoded began before that GPU was lost.
      if (!(isFresh && gpus.isKnownLost(gpu))) checkGpu(gpu, what);
      if ((gpus.decodings.get(gpu) ?? 0) > 0) violate(`${what} on GPU ${gpu}, which decodes`);
    }
  };

  const run = (call: RunCall): Promise<RunResult> => {
    const what = `run of ${call.members.map(({ requestId }) => requestId).join()}`;
    const members = call.members.map(({ requestId }) => checkIdle(requestId, what));
    checkRun(call, members, what);
    const present = members.filter((state) => state !== undefined);
    for (const state of present) Object.assign(state, { call: 'run', peers: members.length, isFresh: false });
    for (const gpu of call.gpus) gpus.chunks.set(gpu, what);
    const over = (): void => {
      for (const state of present) answer(state);
      for (const gpu of call.gpus) if (gpus.chunks.get(gpu) === what) gpus.chunks.delete(gpu);
      ambushes.spring('run', 'after');
    };
    const advance = (steps: number): void => {
      for (const state of present) {
        if (state.isReleased) continue;
        state.stepsDone += steps;
        trials.advance(state.requestId, state.stepsDone);
      }
    };
    const { onStep } = call;
    const watched: RunCall =
      onStep === undefined
        ? call
        : {
            ...call,
            onStep(done) {
              onStep(done);
              ambushes.spring('step', 'after');
            },
          };
    ambushes.spring('run', 'before');
    return inner.run(watched).then(
      (result) => {
        if (result.steps > call.steps) violate(`${what}: more steps than asked for`);
        if (result.steps < call.steps && !call.signal.aborted) violate(`${what}: fewer steps than asked for`);
        advance(result.steps);
        over();
        return result;
      },
      (error: unknown) => {
        const code = codeOf(error, what);
        const { state: left, steps, requestIds } = error as BackendError;
        const isRefused = steps === 0 && left === 'intact' && code === 'gpu-lost';
        if (left === 'intact') advance(steps);
        for (const state of present) {
          if (state.isReleased || isRefused) continue;
          if (left === 'lost') states.delete(state.requestId);
          const blamed = requestIds ?? (present.length === 1 ? [state.requestId] : []);
          if (code === 'chunk-failed' && blamed.includes(state.requestId)) {
            trials.fail(state.requestId, 'steps', 'certainly');
          }
        }
        over();
        throw error;
      },
    );
  };

  const finish = (call: FinishCall): Promise<SimulatedArtifact> => {
    const { requestId, gpu } = call;
    const what = `finish of ${requestId}`;
    const state = checkIdle(requestId, what);
    if (state !== undefined && state.stepsDone < state.asked.steps) violate(`${what} at step ${state.stepsDone}`);
    checkGpu(gpu, what);
    const takesTime = state !== undefined && profile.shape(state.asked.shape).decodeMs > 0;
    const count = (change: number): void => {
      if (takesTime) gpus.decodings.set(gpu, (gpus.decodings.get(gpu) ?? 0) + change);
    };
    count(1);
    if (state !== undefined) state.call = 'finish';
    const over = (): void => {
      count(-1);
      if (state !== undefined) answer(state);
      ambushes.spring('finish', 'after');
    };
    ambushes.spring('finish', 'before');
    return inner.finish(call).then(
      (value) => {
        const trial = trials.of(requestId);
        if (state?.isReleased === false && trial !== undefined) trial.artifact = { value, atMs: nowMs() };
        over();
        return value;
      },
      (error: unknown) => {
        const code = codeOf(error, what);
        if (state?.isReleased === false) {
          if ((error as BackendError).state === 'lost') states.delete(requestId);
          if (code === 'chunk-failed' || code === 'aborted') trials.fail(requestId, 'decoding', 'certainly');
        }
        over();
        throw error;
      },
    );
  };

  return {
    specificationVersion: 'v1',
    name: 'observed',
    capabilities: inner.capabilities,
    trials,
    ambushes,
    gpus,
    get failedOpens() {
      return failedOpens;
    },
    get opened() {
      return opened;
    },
    get states() {
      return states.size;
    },
    failOpens(count) {
      opensToFail = count;
    },
    open(listener: BackendListener) {
      if (opensToFail > 0) {
        opensToFail--;
        failedOpens++;
        return Promise.reject(new BackendError('backend-lost', 'it does not open'));
      }
      return inner
        .open((event) => {
          gpus.listen(event);
          if (event.type === 'lost') {
            for (const requestId of states.keys()) trials.doubt(requestId);
            states.clear();
          }
          listener(event);
        })
        .then((description) => {
          opened++;
          failedOpens = 0;
          for (const { id } of cluster.gpus) gpus.listen({ type: 'gpu-back', gpu: id });
          return description;
        });
    },
    prepare,
    run,
    finish,
    release(requestId) {
      const state = states.get(requestId);
      states.delete(requestId);
      if (state !== undefined) {
        state.isReleased = true;
        // In the middle of a call: it is over, or it was given up because it did not end.
        if (state.call === 'finish') trials.fail(requestId, 'decoding', 'certainly');
        else if (state.call === 'prepare') trials.fail(requestId, 'steps', 'possibly');
        else if (state.call === 'run' && state.peers === 1) trials.fail(requestId, 'steps', 'certainly');
        else if (state.answered?.atMs === nowMs()) {
          if (state.answered.call === 'run') trials.doubt(requestId);
          trials.fail(requestId, state.answered.call === 'finish' ? 'decoding' : 'steps', 'possibly');
        }
      }
      ambushes.spring('release', 'before');
      return inner.release(requestId).then(() => {
        ambushes.spring('release', 'after');
      });
    },
    close() {
      isClosed = true;
      states.clear();
      return inner.close();
    },
  };
}
