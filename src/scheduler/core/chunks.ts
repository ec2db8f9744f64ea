import { abandon, isAnswering, takeBack } from './abandon.js';
import { countCrash } from './crashes.js';
import type { SchedulerEvent } from './events.js';
import { observeChunk, observeFailure } from './observe.js';
import { countFailure, loseState, settleEnding } from './settle.js';
import type { TrackedChunk, TrackedGpu, TrackedRequest } from './state.js';
import type { Turn } from './turn.js';

/** Books the steps of a chunk that ended. */
export function chunkDone(turn: Turn, event: SchedulerEvent & { type: 'chunk-done' }): void {
  const { stoppedMs } = turn.state.chunks.get(event.chunkId) ?? { stoppedMs: null };
  if (stoppedMs !== null && event.steps === 0) {
    const detail = 'no step was done until the chunk was told to stop';
    chunkFailed(turn, { ...event, type: 'chunk-failed', state: 'intact', cause: 'error', detail });
    return;
  }
  const chunk = endChunk(turn, event.chunkId);
  if (chunk === undefined) {
    takeBack(turn, ({ chunkId }) => chunkId === event.chunkId);
    return;
  }
  observeChunk(turn, chunk, event.steps, event.durationMs);
  for (const requestId of chunk.requestIds) {
    const tracked = turn.state.requests.get(requestId) as TrackedRequest;
    advance(tracked, chunk, event.steps, event.encoded?.includes(requestId));
    tracked.phase = tracked.stepsDone < tracked.request.steps ? 'waiting' : 'undecoded';
    if (tracked.ending !== null) settleEnding(turn, requestId, tracked.ending);
  }
}

/** Books what a failed chunk leaves of its members. */
export function chunkFailed(turn: Turn, event: SchedulerEvent & { type: 'chunk-failed' }): void {
  const chunk = endChunk(turn, event.chunkId);
  if (chunk === undefined) {
    takeBack(turn, ({ chunkId }) => chunkId === event.chunkId);
    return;
  }
  const blamed = event.blamed?.filter((id) => chunk.requestIds.includes(id)) ?? [];
  if (event.cause === 'error' && blamed.length === 0) observeFailure(turn, chunk);
  for (const requestId of chunk.requestIds) {
    const tracked = turn.state.requests.get(requestId) as TrackedRequest;
    if (event.state === 'intact') advance(tracked, chunk, event.steps, event.encoded?.includes(requestId));
    tracked.phase = tracked.stepsDone < tracked.request.steps ? 'waiting' : 'undecoded';
    if (event.state === 'lost') loseState(turn, requestId, tracked);
    if (tracked.ending !== null) {
      settleEnding(turn, requestId, tracked.ending);
    } else if (event.cause === 'gpu-lost') {
      countCrash(turn, requestId, tracked);
    } else {
      // A batch fails for the sake of one of them; alone, each has only itself to answer for.
      if (chunk.requestIds.length > 1 && (blamed.length === 0 || blamed.includes(requestId))) tracked.solo = true;
      const counts = blamed.length > 0 ? blamed.includes(requestId) : chunk.requestIds.length === 1;
      if (counts) countFailure(turn, requestId, tracked, 'steps-failed', event.detail);
    }
  }
}

/**
 * Gives a chunk up that did not even end when it was told to: its members start over elsewhere, and its GPUs count as lost until it
 * ends after all.
 */
export function abandonChunk(turn: Turn, chunkId: number): void {
  const { state } = turn;
  const ids = state.chunks.get(chunkId)?.gpus ?? [];
  const gpus = ids.filter((id) => isAnswering(turn, state.gpus.get(id) as TrackedGpu));
  const { nowMs } = state;
  const detail = 'the chunk did not end, nor could it be stopped';
  chunkFailed(turn, { type: 'chunk-failed', atMs: nowMs, chunkId, steps: 0, state: 'lost', cause: 'error', detail });
  abandon(turn, { chunkId, gpus });
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

function advance(tracked: TrackedRequest, chunk: TrackedChunk, steps: number, encoded: boolean | undefined): void {
  const completed = Math.max(0, Math.min(steps, chunk.steps));
  if (encoded ?? completed > 0) tracked.encoded = true;
  if (completed === 0) return;
  tracked.encoded = true;
  tracked.stepsDone += completed;
  if (tracked.stepsDone <= tracked.furthestStep) return;
  // Only what was never done before is progress: steps repeated after a loss must not make room for ever more of them.
  tracked.furthestStep = tracked.stepsDone;
  tracked.failures = 0;
  tracked.crashes = 0;
}
