import type { DeferredReason, PlanOutcome, RunningReason } from '../../model/index.js';
import { isDefinitelyLate, type PlanningRequest } from '../../rounds/index.js';

/** The outcome of a request that starts now: best effort if it is definitely late, whatever the reason. */
export function started(request: PlanningRequest, nowMs: number, reason: RunningReason): PlanOutcome {
  const requestId = request.id;
  return isDefinitelyLate(request, nowMs)
    ? { requestId, status: 'best-effort', reason: 'late-running' }
    : { requestId, status: 'running', reason };
}

/** The outcome of a request that waits: best effort if it is definitely late, whatever the reason. */
export function waits(request: PlanningRequest, nowMs: number, reason: DeferredReason): PlanOutcome {
  const requestId = request.id;
  return isDefinitelyLate(request, nowMs)
    ? { requestId, status: 'best-effort', reason: 'late-waiting' }
    : { requestId, status: 'deferred', reason };
}
