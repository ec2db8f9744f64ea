import { takeBack } from './abandon.js';
import { chunkDone, chunkFailed } from './chunks.js';
import { finished, finishFailed } from './decoding.js';
import type { SchedulerEvent } from './events.js';
import { backendLost, gpuChanged } from './gpus.js';
import { cancel, close, submit } from './requests.js';
import type { Turn } from './turn.js';

/** Brings the state up to date with one event that was checked. Nothing is decided here about who runs next. */
export function applyEvent(turn: Turn, event: SchedulerEvent): void {
  const { state } = turn;
  // A clock that jumps back must not make the past longer.
  state.nowMs = Math.max(state.nowMs, event.atMs);
  switch (event.type) {
    case 'submit':
      submit(turn, event);
      break;
    case 'cancel':
      cancel(turn, event.requestId);
      break;
    case 'chunk-done':
      chunkDone(turn, event);
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
    case 'decoding-over':
      takeBack(turn, ({ chunkId, gpus }) => chunkId === null && gpus.includes(event.gpu));
      break;
    case 'gpu-lost':
    case 'gpu-back':
      gpuChanged(turn, event.gpu, event.type === 'gpu-lost');
      break;
    case 'backend-lost':
      backendLost(turn);
      break;
    case 'drain':
      state.refusing ??= 'draining';
      break;
    case 'close':
      close(turn, event);
      break;
    case 'time':
      break;
  }
}
