import type { Clock } from '../../clock/index.js';
import { BackendError } from '../contract/index.js';
import { recordChunk, type ChunkCut, type SimulatedChunkRecord } from './chunk-record.js';
import type { GpuConditions } from './gpu-conditions.js';
import { createDeferred, type GpuTurns } from '../bookkeeping/index.js';
import { nameOf, type CallInProgress, type Fault, type Job } from './job.js';
import type { SimulatedStates } from './simulated-state.js';
import { startWork, type Work } from './work.js';

/** What all calls share. */
export interface CallContext {
  readonly clock: Clock;
  readonly turns: GpuTurns;
  readonly gpus: GpuConditions;
  readonly states: SimulatedStates;
  /** The calls in progress, in order of their start. */
  readonly calls: Set<CallInProgress>;
  readonly onChunk: (record: SimulatedChunkRecord) => void;
}

/**
 * Does a job when its turn comes, unless it is ended before. Every call passes through here, is answered once, and leaves
 * nothing behind: no timer, no listener, no place in a queue.
 */
export function startCall<Result>(context: CallContext, job: Job<Result>): Promise<Result> {
  const { clock, turns, states, calls } = context;
  const { stage, members, gpus, signal, failure } = job;
  const fromSteps = members.map(({ stepsDone }) => stepsDone);
  const failsAt = failure && Math.min(failure.afterSteps + 1, job.steps);
  let startMs: number | undefined;
  let work: Work | undefined;
  let done = 0;
  let tookMs = 0;
  let isStalledItself = job.stalled;
  let isAbandoned = false;
  let isOver = false;
  const answer = createDeferred<Result>();
  const ended = createDeferred<undefined>();

  const end = (state: 'intact' | 'lost', cut: ChunkCut | undefined, tell: () => void): void => {
    isOver = true;
    work?.drop();
    signal.removeEventListener('abort', abort);
    calls.delete(call);
    const endMs = clock.nowMs();
    const steps = state === 'intact' ? done : 0;
    const record = startMs === undefined ? undefined : recordChunk({ ...job, startMs, endMs, steps, fromSteps, cut });
    for (const member of members) {
      member.call = undefined;
      if (record !== undefined) member.lastEndMs = endMs;
      if (stage === 'denoise') member.stepsDone += steps;
      if (state === 'lost' || member.released) states.drop(member);
    }
    tell();
    ended.resolve(undefined);
    turns.leave(turn);
    if (record !== undefined) context.onChunk(record);
  };

  /** Half an encoding is worth nothing. */
  const stateAfter = (state: 'intact' | 'lost'): 'intact' | 'lost' =>
    stage === 'encode' && done < job.steps ? 'lost' : state;

  const conclude = (): void => {
    const isDone = done === job.steps;
    const state = stateAfter('intact');
    end(state, isDone ? undefined : 'cancelled', () => {
      if (isDone || stage === 'denoise') answer.resolve(job.result(done, tookMs));
      else answer.reject(new BackendError('aborted', `${nameOf(job)} was aborted`, { state }));
    });
  };

  const fail = ({ code, message, cut, requestIds, gpus: lostGpus, ...fault }: Fault): void => {
    const state = stateAfter(fault.state);
    const details = {
      state,
      steps: state === 'intact' && stage === 'denoise' ? done : 0,
      ...(requestIds && { requestIds }),
      ...(lostGpus && { gpus: lostGpus }),
    };
    end(state, cut, () => answer.reject(new BackendError(code, message, details)));
  };

  const abort = (): void => {
    if (work === undefined) conclude();
    else work.stopAtBoundary();
  };

  const isStalled = (): boolean =>
    !isAbandoned && (isStalledItself || gpus.some((gpu) => context.gpus.stalled.has(gpu)));

  const passBoundary = (step: number): void => {
    if (failure === undefined || step <= failure.afterSteps) {
      done = step;
      tookMs = work?.tookMs ?? 0;
      job.onStep?.(step);
    }
    // The listener may have ended the call.
    if (failure === undefined || step !== failsAt || isOver) return;
    fail({ code: 'chunk-failed', message: `${nameOf(job)} failed`, cut: 'failed', ...failure });
  };

  const turn = {
    gpus,
    begin() {
      startMs = clock.nowMs();
      work = startWork(clock, { ...job.pace(startMs), steps: job.steps }, passBoundary, conclude);
      if (isStalled()) work.stall();
    },
  };

  const call: CallInProgress = {
    stage,
    gpus,
    fail,
    stall() {
      if (isStalled()) work?.stall();
    },
    unstall() {
      isStalledItself = false;
      if (!isStalled()) work?.resume();
    },
  };

  const abandon = (): Promise<void> => {
    // Nobody waits for a call that was given up: a stall must not keep what it holds.
    const wasStalled = isStalled();
    isAbandoned = true;
    if (wasStalled) conclude();
    else abort();
    return ended.promise;
  };

  for (const member of members) member.call = { abandon };
  calls.add(call);
  if (signal.aborted) conclude();
  else {
    signal.addEventListener('abort', abort);
    turns.take(turn);
  }
  return answer.promise;
}
