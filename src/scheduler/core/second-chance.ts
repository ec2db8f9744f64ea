import { compareRequests } from '../../model/index.js';
import { usableGpus } from './health.js';
import type { TrackedRequest } from './state.js';
import type { CoreSettings, Turn } from './turn.js';

/** The share of the GPU time that second chances may take from deadlines that can still be met. */
const gpuTimeShare = 1 / 32;
/** How much longer than at its fastest a request may take for its second chance: long enough for degrees that waste little. */
const patience = 4;

/** When a request that is not done by then begins to starve, in ms: so long after its deadline. */
function starvesFromMs({ starvationMs }: CoreSettings, { request }: TrackedRequest): number {
  return request.deadlineMs + starvationMs;
}

/**
 * Sees to it that late requests do not wait for ever while others, whose deadlines can still be met, keep coming. A request that is
 * not done long after its deadline gets a second one, and the weight that it takes to be packed: so the policy itself finds it the
 * GPUs that cost the others least. Those whose deadlines passed first come first, and no more of them than fit a
 * thirty-second of the GPU time.
 *
 * A request that misses even this deadline goes ahead of all plans: see `startStarving()`.
 */
export function giveSecondChances(turn: Turn): void {
  const { state, settings } = turn;
  const { nowMs } = state;
  if (nowMs < state.nextChanceMs) return;
  let first: TrackedRequest | undefined;
  for (const tracked of state.requests.values()) {
    if (!mayHaveChance(settings, tracked, nowMs)) continue;
    if (first === undefined || compareRequests(tracked.request, first.request) < 0) first = tracked;
  }
  if (first === undefined) return;
  const times = settings.profile.shape(first.request.shape);
  const gpus = usableGpus(state, times.degrees[0] as number).length;
  if (gpus === 0) return;
  const steps = first.request.steps - first.stepsDone;
  const encodeMs = first.encoded ? 0 : times.encodeMs;
  first.secondDeadlineMs = nowMs + patience * (encodeMs + steps * times.minStepMs) + times.decodeMs;
  state.nextChanceMs = nowMs + (steps * (times.stepGpuMs[times.cheapest] as number)) / (gpus * gpuTimeShare);
  turn.changed = true;
}

/** The next moment at which a second chance is given or missed, in ms; `Infinity` if there is none to come. */
export function nextChanceMs({ state, settings }: Turn): number {
  let next = Infinity;
  for (const tracked of state.requests.values()) {
    if (tracked.phase !== 'waiting') continue;
    const atMs = tracked.secondDeadlineMs ?? Math.max(starvesFromMs(settings, tracked), state.nextChanceMs);
    // What was due already waits for something else to happen: for GPUs.
    if (atMs > state.nowMs) next = Math.min(next, atMs);
  }
  return next;
}

function mayHaveChance(settings: CoreSettings, tracked: TrackedRequest, nowMs: number): boolean {
  const isWaiting = tracked.phase === 'waiting' && tracked.secondDeadlineMs === null;
  return isWaiting && nowMs >= starvesFromMs(settings, tracked);
}
