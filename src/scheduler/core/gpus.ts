import { countCrash } from './crashes.js';
import { loseState, settleEnding } from './settle.js';
import type { TrackedGpu } from './state.js';
import type { Turn } from './turn.js';

/** A GPU is gone, or works again; what it does is settled by events of its own. */
export function gpuChanged(turn: Turn, id: number, lost: boolean): void {
  const { state } = turn;
  const gpu = state.gpus.get(id) as TrackedGpu;
  turn.changed = true;
  gpu.lost = lost;
  // Now it is known what is the matter with it; a chunk that was given up has nothing more to say.
  state.abandoned = state.abandoned.map((chunk) => ({ ...chunk, gpus: chunk.gpus.filter((other) => other !== id) }));
  if (!lost)
    Object.assign(gpu, {
      ratios: [],
      failedChunks: 0,
      failedRequest: null,
      health: 'good',
    } satisfies Partial<TrackedGpu>);
}

/** Everything that executes is gone, all GPUs and states with it. */
export function backendLost(turn: Turn): void {
  const { state } = turn;
  turn.changed = true;
  state.chunks.clear();
  state.abandoned = [];
  state.pending = [];
  for (const id of state.gpus.keys()) {
    gpuChanged(turn, id, true);
    Object.assign(state.gpus.get(id) as TrackedGpu, { chunkId: null, decoding: [] } satisfies Partial<TrackedGpu>);
  }
  for (const [requestId, tracked] of [...state.requests]) {
    if (tracked.ending !== null) {
      settleEnding(turn, requestId, tracked.ending);
      continue;
    }
    const wasActive = tracked.phase === 'running' || tracked.phase === 'decoding';
    loseState(turn, requestId, tracked);
    if (wasActive) countCrash(turn, requestId, tracked);
  }
}
