import { fail } from './settle.js';
import type { TrackedRequest } from './state.js';
import type { CoreSettings, Turn } from './turn.js';

/** The last moment at which a request that waits can still meet its deadline, in ms, at the fastest degree from then on. */
export function lastChanceMs({ profile }: CoreSettings, tracked: TrackedRequest): number {
  const { request, stepsDone, encoded } = tracked;
  const { minStepMs, encodeMs, decodeMs } = profile.shape(request.shape);
  return request.deadlineMs - (request.steps - stepsDone) * minStepMs - (encoded ? 0 : encodeMs) - decodeMs;
}

/** Gives up the requests that wait and cannot meet their deadline any more, if late results are worth nothing. */
export function dropLate(turn: Turn): void {
  const { state, settings } = turn;
  if (settings.whenLate !== 'drop') return;
  for (const [requestId, tracked] of state.requests) {
    if (tracked.phase !== 'waiting' || state.nowMs <= lastChanceMs(settings, tracked) + 1e-6) continue;
    fail(turn, requestId, 'deadline-missed', `it cannot be complete by ${tracked.request.deadlineMs} any more`);
    turn.changed = true;
  }
}
