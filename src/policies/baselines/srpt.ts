import { widestEfficientDegree } from '../../parallelism/index.js';
import { stepMsAt } from '../../profile/index.js';
import type { PlanningRequest } from '../../rounds/index.js';
import type { Policy } from '../policy.js';
import { planStepByStep } from './step-level.js';

/**
 * Shortest remaining processing time first, planned anew at every event, at the widest efficient degree of each shape; deadlines do not
 * count. Good for the mean latency, and hard on large requests.
 */
export function srpt(): Policy {
  return {
    name: 'srpt',
    replanOn: 'event',
    plan(input) {
      const remainingMs = (request: PlanningRequest): number =>
        request.encodeMs + request.remainingSteps * stepMsAt(request.times, widestEfficientDegree(request.times));
      const shortest = [...input.waiting].sort(
        (a, b) => remainingMs(a) - remainingMs(b) || a.arrivalMs - b.arrivalMs || (a.id < b.id ? -1 : 1),
      );
      return planStepByStep(
        input,
        shortest.map((request) => ({ request, degree: widestEfficientDegree(request.times), reason: 'fixed-degree' })),
      );
    },
  };
}
