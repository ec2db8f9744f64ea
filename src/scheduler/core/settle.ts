import type { FailureReason, Settlement } from '../../model/index.js';
import type { TrackedRequest } from './state.js';
import type { Turn } from './turn.js';

/** Ends a request. */
export function settle(turn: Turn, requestId: string, settlement: Settlement): void {
  turn.state.requests.delete(requestId);
  for (const gpu of turn.state.gpus.values()) if (gpu.failedRequest === requestId) gpu.failedRequest = null;
  turn.commands.push({ type: 'settle', requestId, settlement });
}

/** Ends a request as failed. */
export function fail(turn: Turn, requestId: string, reason: FailureReason, detail: string): void {
  settle(turn, requestId, { status: 'failed', reason, detail });
}

/** Ends a request that only waited for its GPUs to be released. */
export function settleEnding(turn: Turn, requestId: string, ending: 'cancelled' | 'closed'): void {
  if (ending === 'cancelled') settle(turn, requestId, { status: 'cancelled' });
  else fail(turn, requestId, 'closed', 'the scheduler was closed before it was done');
}

/** Sends a request back to its first step. */
export function loseState(turn: Turn, requestId: string, tracked: TrackedRequest): void {
  tracked.stepsDone = tracked.request.startStep;
  tracked.encoded = false;
  tracked.phase = 'waiting';
  turn.changed = true;
  turn.commands.push({ type: 'reset', requestId });
}

/** Counts a failure against a request, and gives it up after too many without a new step in between. */
export function countFailure(
  turn: Turn,
  requestId: string,
  tracked: TrackedRequest,
  reason: FailureReason,
  detail: string,
): void {
  tracked.failures++;
  if (tracked.failures >= turn.settings.maxFailures) fail(turn, requestId, reason, detail);
}
