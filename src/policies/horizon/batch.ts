import { batchStepMsAt, stepMsAt } from '../../profile/index.js';
import { isDefinitelyLate, type PlanningRequest } from '../../rounds/index.js';
import { toleranceMs } from './curve.js';
import type { Floor } from './floor.js';
import type { Group, Ledger } from './ledger.js';

/**
 * Lets requests that got no GPUs run with a group of the same shape, at whatever step either of them is (paper section 4.4), if
 *
 * - the profile measured a batch of that size at the group's degree, and it costs less time a request than apart;
 * - every member that can meet its deadline still can at this degree when the chunk has ended;
 * - nothing that is held is kept from those it is held for.
 *
 * @param waiting - most important first
 *
 * Complexity: O(requests x groups).
 */
export function joinBatches(waiting: readonly PlanningRequest[], nowMs: number, floor: Floor, ledger: Ledger): void {
  for (const request of waiting) {
    if (!request.batchable || request.times.batches.length === 0) continue;
    for (const group of ledger.groups) {
      const endMs = batchEndMs(group, request, nowMs);
      if (endMs === undefined || !floor.extend(group.gpus, endMs)) continue;
      ledger.join(group, request, endMs);
      break;
    }
  }
}

/** When the chunk of a group would end with one more member, in ms from now; `undefined` if that one may not join. */
function batchEndMs({ members, gpus, steps }: Group, request: PlanningRequest, nowMs: number): number | undefined {
  const first = members[0] as PlanningRequest;
  if (first.times.id !== request.times.id || !first.batchable || request.remainingSteps < steps) return undefined;
  const degree = gpus.length;
  const size = members.length + 1;
  const stepMs = batchStepMsAt(first.times, size, degree);
  const beforeMs = batchStepMsAt(first.times, size - 1, degree);
  if (stepMs === undefined || beforeMs === undefined || stepMs / size >= beforeMs / (size - 1)) return undefined;
  const all = [...members, request];
  const endMs = all.reduce((sum, { encodeMs }) => sum + encodeMs, steps * stepMs);
  const aloneMs = stepMsAt(first.times, degree);
  const isInTime = all.every(
    (member) =>
      isDefinitelyLate(member, nowMs) ||
      endMs + (member.remainingSteps - steps) * aloneMs <= member.lastStepByMs - nowMs + toleranceMs,
  );
  return isInTime ? endMs : undefined;
}
