import {
  BackendError,
  type Backend,
  type BackendErrorCode,
  type BackendListener,
  type FinishCall,
  type PrepareCall,
  type RunCall,
  type RunResult,
} from '../../../../src/backends/index.js';
import type { SimulatedArtifact } from '../../../../src/backends/simulated/index.js';
import type { Clock } from '../../../../src/clock/index.js';
import type { Cluster } from '../../../../src/model/index.js';
import type { Profile } from '../../../../src/profile/index.js';
import { createAmbushes, type Ambushes } from './ambushes.js';
import { checkFinish, checkPrepare, checkRun, decodingOf } from './check-calls.js';
import { createGpuBooks, type GpuBooks } from './gpu-books.js';
import { lateAnswers } from './late-answers.js';
import { answer, freshState, type Asked, type State } from './states.js';
import { createTrials, type Trials } from './trials.js';

/** What an observer has to know. */
export interface ObserverOptions {
  readonly cluster: Cluster;
  readonly profile: Profile;
  readonly clock: Clock;
  /** How late calls are answered whose requests were released meanwhile, in ms. Default 0. */
  readonly lateMs?: number;
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
  /** How often it was opened again since it last completed a step, or was sound for a minute. */
  readonly reopenings: number;
  /** How often it died, and GPUs of it. */
  readonly deaths: number;
  /** States that were made and not released. */
  readonly states: number;
  /** Calls of `run` that were not answered yet, but for those whose requests were all released. */
  readonly runs: readonly RunCall[];
}

/** Errors that say that the scheduler broke the contract. */
const broken: readonly BackendErrorCode[] = [
  ...(['backend-not-open', 'not-prepared', 'already-prepared', 'wrong-step'] as const),
  ...(['request-busy', 'gpu-busy', 'unsupported'] as const),
];

export function observeBackend(
  inner: Backend<unknown, SimulatedArtifact>,
  { cluster, profile, clock, lateMs = 0, asked, violate }: ObserverOptions,
): ObservedBackend {
  const nowMs = (): number => clock.nowMs();
  const states = new Map<string, State>();
  const runs = new Set<RunCall>();
  const trials = createTrials(nowMs);
  const ambushes = createAmbushes();
  const gpus = createGpuBooks(cluster, clock);
  const { maxBatchSize } = inner.capabilities;
  const context = { profile, maxBatchSize, gpus, states, asked };
  let opensToFail = 0;
  let opensCalled = 0;
  let reopenings = 0;
  let openedMs = 0;
  let deaths = 0;
  let backendDeaths = 0;
  let isClosed = false;
  /** What was in the middle of a call when the backend died, and when. */
  let died: { readonly atMs: number; readonly states: Map<string, State> } | undefined;
  const late = lateAnswers(clock, lateMs, () => isClosed || gpus.lost.size === cluster.gpus.length);

  const complain = (what: string, complaints: readonly string[]): void => {
    for (const complaint of complaints) violate(`${what}: ${complaint}`);
  };
  /** An error that things going wrong explain; anything else is complained of. */
  const explain = (error: unknown, what: string): BackendError => {
    if (!BackendError.isInstance(error)) throw error;
    if (broken.includes(error.code)) violate(`${what}: ${error.message}`);
    if (error.code === 'backend-closed' && !isClosed) violate(`${what}: ${error.message}`);
    return error;
  };
  const forget = (state: State): void => {
    if (states.get(state.requestId) === state) states.delete(state.requestId);
  };

  const prepare = (call: PrepareCall): Promise<void> => {
    const { requestId, shape, steps, startStep, payload, gpu, signal } = call;
    const what = `prepare of ${requestId}`;
    complain(what, checkPrepare(context, call));
    trials.start(requestId, startStep);
    const state = freshState(requestId, { shape, steps, startStep, payload });
    states.set(requestId, state);
    const leave = gpus.take([gpu], 'encoding', what);
    const over = (): void => {
      answer(state, nowMs());
      leave();
      // A chunk that was told to stop for being late, and did not get to its steps.
      if (signal.aborted) trials.fail(requestId, 'steps', 'possibly');
      ambushes.spring('prepare', 'after');
    };
    ambushes.spring('prepare', 'before');
    return late(inner.prepare(call), [state]).then(over, (error: unknown) => {
      const { code } = explain(error, what);
      if (!state.isReleased && code === 'chunk-failed' && !signal.aborted) trials.fail(requestId, 'steps', 'certainly');
      forget(state);
      over();
      throw error;
    });
  };

  const run = (call: RunCall): Promise<RunResult> => {
    const what = `run of ${call.members.map(({ requestId }) => requestId).join()}`;
    complain(what, checkRun(context, call));
    const members = call.members.flatMap(({ requestId }) => states.get(requestId) ?? []);
    for (const state of members) Object.assign(state, { call: 'run', peers: members.length, isFresh: false });
    const leave = gpus.take(call.gpus, 'steps', what);
    runs.add(call);
    const over = (): void => {
      runs.delete(call);
      for (const state of members) answer(state, nowMs());
      leave();
      ambushes.spring('run', 'after');
    };
    const advance = (steps: number): void => {
      for (const state of members) {
        if (state.isReleased || steps === 0) continue;
        state.stepsDone += steps;
        trials.advance(state.requestId, state.stepsDone);
      }
    };
    const before = backendDeaths;
    const works = (steps: number): void => {
      if (steps > 0 && backendDeaths === before) reopenings = 0;
    };
    const onStep = (done: number): void => {
      works(done);
      call.onStep?.(done);
      ambushes.spring('step', 'after');
    };
    ambushes.spring('run', 'before');
    return late(inner.run({ ...call, onStep }), members).then(
      (result) => {
        works(result.steps);
        if (result.steps > call.steps) violate(`${what}: more steps than asked for`);
        if (result.steps < call.steps && !call.signal.aborted) violate(`${what}: fewer steps than asked for`);
        advance(result.steps);
        // It was told to stop, and that may have been for being late.
        if (result.steps === 0) for (const { requestId } of members) trials.fail(requestId, 'steps', 'possibly');
        over();
        return result;
      },
      (error: unknown) => {
        const { code, state: left, steps, requestIds } = explain(error, what);
        if (left === 'intact') advance(steps);
        for (const state of members) {
          if (state.isReleased) continue;
          if (left === 'lost') forget(state);
          const blamed = requestIds ?? (members.length === 1 ? [state.requestId] : []);
          const counts = code === 'chunk-failed' && blamed.includes(state.requestId);
          if (counts) trials.fail(state.requestId, 'steps', 'certainly');
        }
        over();
        throw error;
      },
    );
  };

  const finish = (call: FinishCall): Promise<SimulatedArtifact> => {
    const { requestId, gpu } = call;
    const what = `finish of ${requestId}`;
    complain(what, checkFinish(context, call));
    const state = states.get(requestId);
    if (state !== undefined) state.call = 'finish';
    const leave = gpus.take([gpu], decodingOf(profile, state), what);
    const over = (): void => {
      if (state !== undefined) answer(state, nowMs());
      leave();
      ambushes.spring('finish', 'after');
    };
    ambushes.spring('finish', 'before');
    return late(inner.finish(call), [state]).then(
      (value) => {
        if (state?.isReleased === false) trials.finish(requestId, value);
        over();
        return value;
      },
      (error: unknown) => {
        const { code, state: left } = explain(error, what);
        if (state?.isReleased === false) {
          if (left === 'lost') forget(state);
          if (code === 'chunk-failed' || code === 'aborted') trials.fail(requestId, 'decoding', 'certainly');
        }
        over();
        throw error;
      },
    );
  };

  /** What the release of a request in the middle of a call means for it, or in the moment in which that was answered. */
  const release = (state: State): void => {
    const { requestId, call, answered, peers } = state;
    forget(state);
    state.isReleased = true;
    if (call !== undefined) {
      // It has ended; or the call was given up because it did not.
      if (call === 'finish') trials.fail(requestId, 'decoding', 'certainly');
      else if (call === 'prepare') trials.fail(requestId, 'steps', 'possibly');
      else if (peers === 1) trials.fail(requestId, 'steps', 'certainly');
    } else if (answered?.atMs === nowMs()) {
      if (answered.call === 'run') trials.doubt(requestId);
      trials.fail(requestId, answered.call === 'finish' ? 'decoding' : 'steps', 'possibly');
    }
  };

  /** It may have been given up for a stall in the very moment in which the backend died: who came first is not seen from here. */
  const releaseDead = (dead: Map<string, State>, requestId: string): void => {
    const call = dead.get(requestId)?.call;
    if (call !== undefined) trials.fail(requestId, call === 'finish' ? 'decoding' : 'steps', 'possibly');
    dead.delete(requestId);
  };

  const open = async (listener: BackendListener): ReturnType<Backend['open']> => {
    if (opensCalled++ > 0) reopenings++;
    if (opensToFail > 0) {
      opensToFail--;
      throw new BackendError('backend-lost', 'it does not open');
    }
    const description = await inner.open((event) => {
      gpus.listen(event);
      if (event.type !== 'gpu-back') deaths++;
      if (event.type === 'lost') {
        backendDeaths++;
        if (nowMs() - openedMs >= 60_000) reopenings = 0;
        for (const requestId of states.keys()) trials.doubt(requestId);
        died = { atMs: nowMs(), states: new Map(states) };
        states.clear();
      }
      listener(event);
    });
    openedMs = nowMs();
    for (const { id } of cluster.gpus) gpus.listen({ type: 'gpu-back', gpu: id });
    return description;
  };

  return {
    ...{ specificationVersion: 'v1', name: 'observed', capabilities: inner.capabilities },
    ...{ trials, ambushes, gpus },
    get reopenings() {
      return reopenings;
    },
    get deaths() {
      return deaths;
    },
    get states() {
      return states.size;
    },
    get runs() {
      return [...runs].filter(({ members }) => members.some(({ requestId }) => states.has(requestId)));
    },
    failOpens(count) {
      opensToFail = count;
    },
    ...{ open, prepare, run, finish },
    async release(requestId) {
      const state = states.get(requestId);
      if (state !== undefined) release(state);
      else if (died?.atMs === nowMs()) releaseDead(died.states, requestId);
      ambushes.spring('release', 'before');
      await inner.release(requestId);
      ambushes.spring('release', 'after');
    },
    close() {
      isClosed = true;
      states.clear();
      return inner.close();
    },
  };
}
