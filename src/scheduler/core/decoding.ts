import { abandon, isAnswering } from './abandon.js';
import { countCrash } from './crashes.js';
import type { SchedulerEvent } from './events.js';
import { countFailure, loseState, settle, settleEnding } from './settle.js';
import { isFree, type TrackedGpu, type TrackedRequest } from './state.js';
import type { Turn } from './turn.js';

/** Gives every request that waits for decoding a GPU: the first of its last chunk, or any other that is free. */
export function startDecoding(turn: Turn): void {
  const { state } = turn;
  for (const [requestId, tracked] of state.requests) {
    if (tracked.phase !== 'undecoded' || turn.inLine.has(tracked)) continue;
    const own = state.gpus.get(tracked.lastGpus[0] as number) as TrackedGpu;
    const gpu = !own.lost && own.chunkId === null ? own : [...state.gpus.values()].find(isFree);
    if (gpu !== undefined) decodeOn(turn, requestId, tracked, gpu);
  }
}

/** A request is done. */
export function finished(turn: Turn, requestId: string): void {
  const tracked = turn.state.requests.get(requestId);
  if (tracked?.phase !== 'decoding') return;
  stopDecoding(turn, requestId);
  const onTime = turn.state.nowMs <= tracked.request.deadlineMs;
  if (tracked.ending !== null) settleEnding(turn, requestId, tracked.ending);
  else settle(turn, requestId, { status: 'completed', onTime });
}

/** Decoding failed: again, or from the first step if the state is lost. */
export function finishFailed(turn: Turn, event: SchedulerEvent & { type: 'finish-failed' }): void {
  const { requestId } = event;
  const tracked = turn.state.requests.get(requestId);
  if (tracked?.phase !== 'decoding') return;
  stopDecoding(turn, requestId);
  tracked.phase = 'undecoded';
  if (event.state === 'lost') loseState(turn, requestId, tracked);
  if (tracked.ending !== null) settleEnding(turn, requestId, tracked.ending);
  else if (event.cause === 'gpu-lost') countCrash(turn, requestId, tracked);
  else countFailure(turn, requestId, tracked, 'decode-failed', event.detail);
}

/** Gives a decoding up that did not even end when it was told to; its GPU counts as lost until it ends after all. */
export function abandonDecoding(turn: Turn, requestId: string): void {
  const { state } = turn;
  const { nowMs } = state;
  const gpus = [...state.gpus.values()].filter((gpu) => gpu.decoding.includes(requestId) && isAnswering(turn, gpu));
  const detail = 'decoding did not end, nor could it be stopped';
  finishFailed(turn, { type: 'finish-failed', atMs: nowMs, requestId, state: 'lost', cause: 'error', detail });
  for (const { id } of gpus) abandon(turn, { chunkId: null, gpus: [id] });
}

function decodeOn(turn: Turn, requestId: string, tracked: TrackedRequest, gpu: TrackedGpu): void {
  const { nowMs } = turn.state;
  const { decodeMs } = turn.settings.profile.shape(tracked.request.shape);
  tracked.phase = 'decoding';
  tracked.decodeStoppedMs = null;
  tracked.decodeEndMs = nowMs;
  turn.commands.push({ type: 'finish', requestId, gpu: gpu.id });
  // Decoding that takes no time by the profile does not keep the GPU from its next chunk.
  if (decodeMs === 0) return;
  gpu.busyUntilMs = (gpu.decoding.length === 0 ? nowMs : gpu.busyUntilMs) + decodeMs;
  gpu.decoding = [...gpu.decoding, requestId];
  tracked.decodeEndMs = gpu.busyUntilMs;
}

function stopDecoding(turn: Turn, requestId: string): void {
  for (const gpu of turn.state.gpus.values()) {
    if (!gpu.decoding.includes(requestId)) continue;
    gpu.decoding = gpu.decoding.filter((id) => id !== requestId);
    turn.changed = true;
  }
}
