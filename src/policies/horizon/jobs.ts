import { isDefinitelyLate, type PlanningInput, type PlanningRequest } from '../../rounds/index.js';
import { curveOf, narrowestFor, toleranceMs, type Curve } from './curve.js';

/** A request that can still meet its deadline, as the future is rolled forward. Times are in ms from now. */
export interface Job {
  readonly request: PlanningRequest;
  readonly curve: Curve;
  /** Steps to run; after the chunk in execution, if there is one. */
  readonly steps: number;
  /** From when on it can run: 0, or the end of its chunk. */
  readonly readyMs: number;
  /** Encoding before its next step. */
  readonly encodeMs: number;
  /** When its last step has to end. */
  readonly byMs: number;
  /** What it takes to meet its deadline from now on, in GPU ms for each unit of its weight. */
  readonly cost: number;
}

/** The requests of a plan, by what can become of them. */
export interface Sorted {
  /** Those that can still meet their deadlines, in mid-chunk or not, earliest first. */
  readonly jobs: readonly Job[];
  /** Those that wait and cannot any more. */
  readonly late: readonly PlanningRequest[];
}

/** Sorts the requests of a plan. Complexity: O(R x degrees + R log R) for R requests. */
export function sortRequests({ nowMs, waiting, running }: PlanningInput): Sorted {
  const jobs: Job[] = [];
  const late: PlanningRequest[] = [];
  for (const request of waiting) {
    if (isDefinitelyLate(request, nowMs)) late.push(request);
    else jobs.push(jobOf(request, request.remainingSteps, 0, request.encodeMs, nowMs));
  }
  for (const request of running) {
    const chunk = request.running as NonNullable<PlanningRequest['running']>;
    const steps = request.remainingSteps - chunk.steps;
    const readyMs = Math.max(0, chunk.endMs - nowMs);
    if (steps === 0 || readyMs + steps * request.times.minStepMs > request.lastStepByMs - nowMs + toleranceMs) continue;
    jobs.push(jobOf(request, steps, readyMs, 0, nowMs));
  }
  return { jobs: jobs.sort(compareJobs), late };
}

function jobOf(request: PlanningRequest, steps: number, readyMs: number, encodeMs: number, nowMs: number): Job {
  const curve = curveOf(request.times);
  const byMs = request.lastStepByMs - nowMs;
  const narrowest = narrowestFor(curve, steps, byMs - readyMs - encodeMs);
  const index = narrowest < 0 ? curve.last : narrowest;
  const gpuMs = steps * (curve.stepMs[index] as number) * (curve.degrees[index] as number);
  return { request, curve, steps, readyMs, encodeMs, byMs, cost: gpuMs / request.weight };
}

function compareJobs(a: Job, b: Job): number {
  return (
    a.byMs - b.byMs ||
    a.request.arrivalMs - b.request.arrivalMs ||
    (a.request.id < b.request.id ? -1 : a.request.id > b.request.id ? 1 : 0)
  );
}
