import { smallestFeasibleDegree } from '../../parallelism/index.js';
import type { Policy } from '../policy.js';
import { compareArrivals } from './chunk.js';
import { planStepByStep, type Wish } from './step-level.js';

/**
 * Earliest deadline first, planned anew at every event (as in GF-DiT): each request gets the smallest degree that still meets its
 * deadline from now on, on the GPUs that it had; surplus GPUs promote. Requests that are late come last, oldest first, at
 * their smallest degree.
 */
export function edf(): Policy {
  return {
    name: 'edf',
    replanOn: 'event',
    plan(input) {
      const onTime: Wish[] = [];
      const late: Wish[] = [];
      for (const request of input.waiting) {
        const budgetMs = request.lastStepByMs - input.nowMs - request.encodeMs;
        const degree = smallestFeasibleDegree(request.times, request.remainingSteps, budgetMs);
        if (degree !== undefined) onTime.push({ request, degree, reason: 'smallest-feasible-degree' });
        else late.push({ request, degree: request.times.degrees[0] as number, reason: 'idle-gpus' });
      }
      late.sort((a, b) => compareArrivals(a.request, b.request));
      return planStepByStep(input, [...onTime, ...late]);
    },
  };
}
