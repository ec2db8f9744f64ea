import { abandonChunk } from './chunks.js';
import { abandonDecoding } from './decoding.js';
import type { Turn } from './turn.js';

/**
 * Watches over what should have ended long ago. It is told to stop first: a backend that answers loses nothing but time. What does not even
 * stop is given up, so that its requests can go on elsewhere.
 */
export function watch(turn: Turn): void {
  const { state, settings, commands } = turn;
  const { nowMs } = state;
  const { stallMs } = settings;
  for (const chunk of state.chunks.values()) {
    if (nowMs >= chunkStallMs(chunk, stallMs)) {
      if (chunk.stoppedMs !== null) {
        abandonChunk(turn, chunk.chunkId);
      } else {
        chunk.stoppedMs = nowMs;
        if (!chunk.aborting) commands.push({ type: 'abort', chunkId: chunk.chunkId });
        chunk.aborting = true;
      }
    }
  }
  for (const [requestId, tracked] of state.requests) {
    if (tracked.phase !== 'decoding' || nowMs < (tracked.decodeStoppedMs ?? tracked.decodeEndMs) + stallMs) continue;
    if (tracked.decodeStoppedMs !== null) {
      abandonDecoding(turn, requestId);
    } else {
      tracked.decodeStoppedMs = nowMs;
      if (tracked.ending === null) commands.push({ type: 'abort-finish', requestId });
    }
  }
}

/** When a chunk counts as stuck, or, once it was told to stop, as given up. */
function chunkStallMs(chunk: { endMs: number; stoppedMs: number | null }, stallMs: number): number {
  return (chunk.stoppedMs ?? chunk.endMs) + stallMs;
}

/** The next moment at which something would count as stuck, in ms; `Infinity` if nothing runs. */
export function nextStallMs({ state, settings }: Turn): number {
  let next = Infinity;
  for (const chunk of state.chunks.values()) next = Math.min(next, chunkStallMs(chunk, settings.stallMs));
  for (const { phase, decodeEndMs, decodeStoppedMs } of state.requests.values()) {
    if (phase === 'decoding') next = Math.min(next, (decodeStoppedMs ?? decodeEndMs) + settings.stallMs);
  }
  return next;
}
