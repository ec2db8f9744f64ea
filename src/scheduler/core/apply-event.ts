import { show, time, whole } from '../../model/check.js';
import {
  parseRequest,
  TetriError,
  type FailureReason,
  type GenerationRequest,
  type Settlement,
} from '../../model/index.js';
import { isFree, type TrackedChunk, type TrackedGpu, type TrackedRequest, type Turn } from './state.js';
import type { RequestStateAfterFailure, SchedulerEvent } from './events.js';

/**
 * Checks events before any of them is applied, so that a call counts as a whole or not at all.
 *
 * @throws `TetriError` for a request that cannot be accepted and for an unknown GPU
 */
export function checkEvents({ state, settings }: Turn, events: readonly SchedulerEvent[]): void {
  const submitted = new Set<string>();
  for (const event of events) {
    time(event.atMs, 'event.atMs');
    if (event.type === 'chunk-done' || event.type === 'chunk-failed') whole(event.steps, 'event.steps', 0);
    if (event.type === 'submit') {
      const { id, shape } = parseRequest(event.request, 'request');
      if (state.requests.has(id) || submitted.has(id)) {
        throw new TetriError('duplicate-request', `request ${show(id)} is alive already`, 'request.id', id);
      }
      settings.profile.shape(shape, 'request.shape');
      submitted.add(id);
    } else if ((event.type === 'gpu-lost' || event.type === 'gpu-back') && !state.gpus.has(event.gpu)) {
      throw new TetriError('unknown-gpu', `the cluster has no GPU ${show(event.gpu)}`, 'event.gpu', event.gpu);
    }
  }
}

/** Brings the state up to date with one event that was checked. Nothing is decided here about who runs next. */
export function applyEvent(turn: Turn, event: SchedulerEvent): void {
  const { state } = turn;
  // A clock that jumps back must not make the past longer.
  state.nowMs = Math.max(state.nowMs, event.atMs);
  switch (event.type) {
    case 'submit':
      submit(turn, event.request);
      break;
    case 'cancel':
      cancel(turn, event.requestId);
      break;
    case 'chunk-done':
      chunkDone(turn, event.chunkId, event.steps);
      break;
    case 'chunk-failed':
      chunkFailed(turn, event);
      break;
    case 'finished':
      finished(turn, event.requestId);
      break;
    case 'finish-failed':
      finishFailed(turn, event);
      break;
    case 'gpu-lost':
    case 'gpu-back':
      (state.gpus.get(event.gpu) as TrackedGpu).lost = event.type === 'gpu-lost';
      turn.changed = true;
      break;
    case 'time':
      break;
  }
}

/** Gives every request that waits for decoding a GPU: the first of its last chunk, or any other that is free. */
export function startDecoding(turn: Turn): void {
  const { state } = turn;
  for (const [requestId, tracked] of state.requests) {
    if (tracked.phase !== 'undecoded') continue;
    const own = state.gpus.get(tracked.lastGpus[0] as number) as TrackedGpu;
    const gpu = !own.lost && own.chunkId === null ? own : [...state.gpus.values()].find(isFree);
    if (gpu !== undefined) decodeOn(turn, requestId, tracked, gpu);
  }
}

function submit(turn: Turn, value: GenerationRequest): void {
  const parsed = parseRequest(value, 'request');
  // It is here, whatever its client's clock says.
  const request = { ...parsed, arrivalMs: Math.min(parsed.arrivalMs, turn.state.nowMs) };
  turn.changed = true;
  turn.state.requests.set(request.id, {
    request,
    phase: 'waiting',
    stepsDone: request.startStep,
    encoded: false,
    lastGpus: [],
    cancelled: false,
    furthestStep: request.startStep,
    failures: 0,
  });
}

function cancel(turn: Turn, requestId: string): void {
  const { state } = turn;
  const tracked = state.requests.get(requestId);
  if (tracked === undefined || tracked.cancelled) return;
  tracked.cancelled = true;
  if (tracked.phase === 'waiting' || tracked.phase === 'undecoded') {
    // Others may have waited for its sake.
    turn.changed = true;
    settle(turn, requestId, { status: 'cancelled' });
  }
}

/** Stops the chunks that nobody wants any more; members of a batch that are still wanted keep theirs going. */
export function abortUnwanted({ state, commands }: Turn): void {
  for (const chunk of state.chunks.values()) {
    if (chunk.aborting || chunk.requestIds.some((id) => state.requests.get(id)?.cancelled === false)) continue;
    chunk.aborting = true;
    commands.push({ type: 'abort', chunkId: chunk.chunkId });
  }
}

function chunkDone(turn: Turn, chunkId: number, steps: number): void {
  const chunk = endChunk(turn, chunkId);
  if (chunk === undefined) return;
  for (const requestId of chunk.requestIds) {
    const tracked = turn.state.requests.get(requestId) as TrackedRequest;
    advance(tracked, chunk, steps);
    if (tracked.cancelled) {
      settle(turn, requestId, { status: 'cancelled' });
    } else if (tracked.stepsDone < tracked.request.steps) {
      tracked.phase = 'waiting';
    } else {
      tracked.phase = 'undecoded';
    }
  }
}

function chunkFailed(turn: Turn, event: SchedulerEvent & { type: 'chunk-failed' }): void {
  const chunk = endChunk(turn, event.chunkId);
  if (chunk === undefined) return;
  for (const requestId of chunk.requestIds) {
    const tracked = turn.state.requests.get(requestId) as TrackedRequest;
    if (event.state === 'intact') advance(tracked, chunk, event.steps);
    tracked.phase = tracked.stepsDone < tracked.request.steps ? 'waiting' : 'undecoded';
    failed(turn, requestId, tracked, event, 'steps-failed');
  }
}

function finished(turn: Turn, requestId: string): void {
  const tracked = turn.state.requests.get(requestId);
  if (tracked?.phase !== 'decoding') return;
  stopDecoding(turn, requestId);
  const onTime = turn.state.nowMs <= tracked.request.deadlineMs;
  settle(turn, requestId, tracked.cancelled ? { status: 'cancelled' } : { status: 'completed', onTime });
}

function finishFailed(turn: Turn, event: SchedulerEvent & { type: 'finish-failed' }): void {
  const tracked = turn.state.requests.get(event.requestId);
  if (tracked?.phase !== 'decoding') return;
  stopDecoding(turn, event.requestId);
  tracked.phase = 'undecoded';
  failed(turn, event.requestId, tracked, event, 'decode-failed');
}

/** What follows a failure: start over where the state is lost, and give up after too many failures in a row. */
function failed(
  turn: Turn,
  requestId: string,
  tracked: TrackedRequest,
  failure: { state: RequestStateAfterFailure; cause: 'gpu-lost' | 'error'; detail: string },
  reason: FailureReason,
): void {
  if (failure.state === 'lost') {
    tracked.stepsDone = tracked.request.startStep;
    tracked.encoded = false;
    tracked.phase = 'waiting';
    turn.changed = true;
  }
  if (tracked.cancelled) {
    settle(turn, requestId, { status: 'cancelled' });
    return;
  }
  if (failure.cause === 'gpu-lost') return;
  tracked.failures++;
  if (tracked.failures >= turn.settings.maxFailures) {
    settle(turn, requestId, { status: 'failed', reason, detail: failure.detail });
  }
}

function advance(tracked: TrackedRequest, chunk: TrackedChunk, steps: number): void {
  const completed = Math.min(steps, chunk.steps);
  if (completed <= 0) return;
  tracked.stepsDone += completed;
  tracked.encoded = true;
  if (tracked.stepsDone <= tracked.furthestStep) return;
  // Only what was never done before is progress: steps repeated after a loss must not make room for ever more failures.
  tracked.furthestStep = tracked.stepsDone;
  tracked.failures = 0;
}

/** Takes a chunk out of execution and frees its GPUs; `undefined` for one that is not known (any more). */
function endChunk(turn: Turn, chunkId: number): TrackedChunk | undefined {
  const chunk = turn.state.chunks.get(chunkId);
  if (chunk === undefined) return undefined;
  turn.state.chunks.delete(chunkId);
  turn.changed = true;
  for (const id of chunk.gpus) (turn.state.gpus.get(id) as TrackedGpu).chunkId = null;
  return chunk;
}

function decodeOn(turn: Turn, requestId: string, tracked: TrackedRequest, gpu: TrackedGpu): void {
  const { decodeMs } = turn.settings.profile.shape(tracked.request.shape);
  tracked.phase = 'decoding';
  turn.commands.push({ type: 'finish', requestId, gpu: gpu.id });
  // Decoding that takes no time by the profile does not keep the GPU from its next chunk.
  if (decodeMs === 0) return;
  gpu.busyUntilMs = (gpu.decoding.length === 0 ? turn.state.nowMs : gpu.busyUntilMs) + decodeMs;
  gpu.decoding.push(requestId);
}

function stopDecoding(turn: Turn, requestId: string): void {
  for (const gpu of turn.state.gpus.values()) {
    if (!gpu.decoding.includes(requestId)) continue;
    gpu.decoding = gpu.decoding.filter((id) => id !== requestId);
    turn.changed = true;
  }
}

function settle(turn: Turn, requestId: string, settlement: Settlement): void {
  turn.state.requests.delete(requestId);
  turn.commands.push({ type: 'settle', requestId, settlement });
}
