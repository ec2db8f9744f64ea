import type { PlanOutcome } from '../../model/index.js';
import { batchStepMsAt, type ShapeTimes } from '../../profile/index.js';
import type { PlanningRequest } from '../../rounds/index.js';

/** Requests that will run together in this round, before it is known on which GPUs. */
export interface Group {
  /** One request, or a batch of equal shapes. */
  readonly members: PlanningRequest[];
  degree: number;
  /** Steps in the round at most. */
  maxSteps: number;
  /** Why its members run; aligned with `members`. */
  readonly outcomes: PlanOutcome[];
}

/** What the shape of a group costs. */
export function timesOf(group: Group): ShapeTimes {
  return (group.members[0] as PlanningRequest).times;
}

/** One step of the group at a degree in ms; `undefined` if that was not measured. */
export function groupStepMs(group: Group, degree: number): number | undefined {
  return batchStepMsAt(timesOf(group), group.members.length, degree);
}

/** Encoding that is due before the group's steps, in ms. */
export function groupEncodeMs(group: Group): number {
  let sum = 0;
  for (const member of group.members) sum += member.encodeMs;
  return sum;
}

/** Steps that every member still has. */
export function groupRemainingSteps(group: Group): number {
  return Math.min(...group.members.map((member) => member.remainingSteps));
}
