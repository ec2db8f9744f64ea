import { whole } from '../../model/check.js';
import type { Assignment, PlanOutcome } from '../../model/index.js';
import { composePlan, type PlanningGpu } from '../../rounds/index.js';
import type { Policy } from '../policy.js';
import { chunkNow, compareArrivals } from './chunk.js';
import { started, waits } from './outcome.js';

/**
 * The baseline of today's serving systems (xDiT in the paper's section 6): the GPUs are cut into groups of one fixed size, and
 * requests run on them first come, first served, from the first step to the last.
 *
 * A shape that lacks the degree runs at its largest smaller one, in a group of this size. GPUs that fill no group stay idle.
 *
 * @param degree - GPUs a group, a whole number of at least 1
 * @throws `TetriError` `out-of-range` for any other degree
 */
export function fixedDegree(degree: number): Policy {
  whole(degree, 'degree', 1);
  return {
    name: `fixed-${degree}`,
    replanOn: 'event',
    plan(input) {
      const { nowMs } = input;
      const groups = groupsOf(input.gpus, degree);
      const free = groups.filter((group) => group.every((gpu) => gpu.freeAtMs <= nowMs));
      const assignments: Assignment[] = [];
      const outcomes = new Map<string, PlanOutcome>();
      for (const request of [...input.waiting].sort(compareArrivals)) {
        const width = request.times.degrees.filter((other) => other <= degree).pop();
        const group = width === undefined ? undefined : free.shift();
        if (group === undefined) {
          outcomes.set(
            request.id,
            waits(request, nowMs, groups.length === 0 || width === undefined ? 'no-placement' : 'no-capacity'),
          );
          continue;
        }
        const gpus = group.slice(0, width).map((gpu) => gpu.id);
        assignments.push(chunkNow(request, gpus, request.remainingSteps, nowMs));
        outcomes.set(request.id, started(request, nowMs, 'fixed-degree'));
      }
      return composePlan(input, null, assignments, outcomes);
    },
  };
}

/** Consecutive runs of `size` GPUs of one domain. */
function groupsOf(gpus: readonly PlanningGpu[], size: number): PlanningGpu[][] {
  const open = new Map<number, PlanningGpu[]>();
  const groups: PlanningGpu[][] = [];
  for (const gpu of gpus) {
    const group = open.get(gpu.domain) ?? [];
    group.push(gpu);
    if (group.length < size) {
      open.set(gpu.domain, group);
    } else {
      open.delete(gpu.domain);
      groups.push(group);
    }
  }
  return groups;
}
