import type { StepCorrection } from '../../profile/index.js';
import { slowdownOf } from './health.js';
import { lastChanceMs } from './late.js';
import { isFree, type CoreState, type TrackedGpu } from './state.js';
import type { CoreSettings } from './turn.js';

/** What a GPU does at a moment. */
export interface GpuStatus {
  /** As in the cluster. */
  readonly id: number;
  /**
   * `busy` with a chunk or decoding; `held`: free while requests wait; `idle`: free, and nobody waits; `excluded` for being slow or
   * failing; `lost`.
   */
  readonly state: 'busy' | 'held' | 'idle' | 'excluded' | 'lost';
  /** How much slower than the others it was lately: 1 is like the others. */
  readonly slowdown: number;
}

/** The queue, the GPUs and the profile at a moment. */
export interface SchedulerStatus {
  /** Requests that wait for GPUs. */
  readonly waiting: number;
  /** Requests in a chunk. */
  readonly running: number;
  /** Requests with all steps done whose result is not there yet. */
  readonly decoding: number;
  /** Of all of these, those that cannot meet their deadline any more. */
  readonly late: number;
  /** Every GPU of the cluster, by ascending id. */
  readonly gpus: readonly GpuStatus[];
  /** What observation says of step times, for every shape and degree that ran. */
  readonly drift: readonly StepCorrection[];
}

/** @param nowMs - the time by the shell's clock */
export function statusOf(state: CoreState, settings: CoreSettings, nowMs: number): SchedulerStatus {
  let [waiting, running, decoding, late] = [0, 0, 0, 0];
  for (const tracked of state.requests.values()) {
    if (tracked.phase === 'waiting') waiting++;
    else if (tracked.phase === 'running') running++;
    else decoding++;
    if (isLate(state, settings, tracked.request.id, nowMs)) late++;
  }
  const stateOf = (gpu: TrackedGpu): GpuStatus['state'] => {
    if (gpu.lost) return 'lost';
    if (!isFree(gpu)) return 'busy';
    if (gpu.health === 'excluded' && state.nowMs < gpu.excludedUntilMs) return 'excluded';
    return waiting > 0 ? 'held' : 'idle';
  };
  return {
    ...{ waiting, running, decoding, late },
    gpus: [...state.gpus.values()]
      .map((gpu) => ({ id: gpu.id, state: stateOf(gpu), slowdown: slowdownOf(state, gpu) }))
      .sort((a, b) => a.id - b.id),
    drift: [...state.corrections.values()].flatMap((byDegree) => [...byDegree.values()]),
  };
}

/** Whether a request cannot meet its deadline any more, as far as is known: steps of a chunk in execution count from its end on. */
function isLate(state: CoreState, settings: CoreSettings, requestId: string, nowMs: number): boolean {
  const tracked = state.requests.get(requestId)!;
  const { deadlineMs, steps } = tracked.request;
  if (nowMs > deadlineMs) return true;
  if (tracked.phase === 'waiting') return nowMs > lastChanceMs(settings, tracked);
  if (tracked.phase !== 'running') return false;
  const gpu = state.gpus.get(tracked.lastGpus[0] as number);
  const chunk = state.chunks.get(gpu?.chunkId ?? -1);
  if (chunk === undefined) return false;
  const times = settings.profile.shape(tracked.request.shape);
  const after = Math.max(0, steps - tracked.stepsDone - chunk.steps) * times.minStepMs + times.decodeMs;
  return Math.max(nowMs, chunk.endMs) + after > deadlineMs;
}
