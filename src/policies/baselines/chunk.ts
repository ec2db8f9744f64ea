import type { Assignment } from '../../model/index.js';
import { stepMsAt } from '../../profile/index.js';
import type { PlanningRequest } from '../../rounds/index.js';

/** Some steps of one request that start now. */
export function chunkNow(request: PlanningRequest, gpus: readonly number[], steps: number, nowMs: number): Assignment {
  const degree = gpus.length;
  return {
    requestIds: [request.id],
    gpus,
    degree,
    steps,
    startMs: nowMs,
    endMs: nowMs + request.encodeMs + steps * stepMsAt(request.times, degree),
  };
}

/** First come, first served: by arrival, then by id. */
export function compareArrivals(a: PlanningRequest, b: PlanningRequest): number {
  return a.arrivalMs - b.arrivalMs || (a.id < b.id ? -1 : 1);
}
