import type { Assignment, PlanOutcome } from '../../model/index.js';
import { placeGroups } from '../../packing/index.js';
import { widestEfficientDegree } from '../../parallelism/index.js';
import { composePlan } from '../../rounds/index.js';
import type { Policy } from '../policy.js';
import { chunkNow, compareArrivals } from './chunk.js';
import { started, waits } from './outcome.js';

/**
 * Resolution-specific sequence parallelism (RSSP, the paper's strongest baseline): every shape has its `widestEfficientDegree()`; requests run
 * first come, first served, from the first step to the last. A request whose GPUs are not free blocks those behind it.
 */
export function perShape(): Policy {
  return {
    name: 'per-shape',
    replanOn: 'event',
    plan(input) {
      const { nowMs } = input;
      const gpus = input.gpus.map((gpu) => ({ ...gpu, free: gpu.freeAtMs <= nowMs }));
      const assignments: Assignment[] = [];
      const outcomes = new Map<string, PlanOutcome>();
      let blocked = false;
      for (const request of [...input.waiting].sort(compareArrivals)) {
        const width = widestEfficientDegree(request.times);
        const group = blocked
          ? undefined
          : placeGroups([{ key: request.id, width, lastGpus: request.lastGpus }], gpus)[0];
        if (group === undefined) {
          blocked = true;
          outcomes.set(request.id, waits(request, nowMs, 'no-capacity'));
          continue;
        }
        for (const gpu of gpus) if (group.includes(gpu.id)) gpu.free = false;
        assignments.push(chunkNow(request, group, request.remainingSteps, nowMs));
        outcomes.set(request.id, started(request, nowMs, 'fixed-degree'));
      }
      return composePlan(input, null, assignments, outcomes);
    },
  };
}
