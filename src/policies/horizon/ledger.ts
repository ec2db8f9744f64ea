import type { Assignment, DeferredReason, PlanOutcome, RunningReason } from '../../model/index.js';
import type { PlanningRequest } from '../../rounds/index.js';
import { started, waits } from '../baselines/outcome.js';

/** Steps of one request, or of a batch, that start now. */
export interface Group {
  readonly members: PlanningRequest[];
  readonly gpus: readonly number[];
  /** How many. */
  readonly steps: number;
  /** When the last one ends, encoding included, in ms from now. */
  endMs: number;
}

/** What a plan has decided so far. */
export interface Ledger {
  readonly groups: readonly Group[];
  readonly outcomes: ReadonlyMap<string, PlanOutcome>;
  /** Starts a group. */
  start(group: Group, reason: RunningReason): void;
  /** Puts a request off. */
  wait(request: PlanningRequest, reason: DeferredReason): void;
  /** Has a request that was put off run with a group. @param endMs - of the last step of all, in ms from now */
  join(group: Group, request: PlanningRequest, endMs: number): void;
  assignments(): Assignment[];
}

export function createLedger(nowMs: number): Ledger {
  const groups: Group[] = [];
  const outcomes = new Map<string, PlanOutcome>();
  return {
    groups,
    outcomes,
    start(group, reason) {
      groups.push(group);
      for (const member of group.members) outcomes.set(member.id, started(member, nowMs, reason));
    },
    wait(request, reason) {
      outcomes.set(request.id, waits(request, nowMs, reason));
    },
    join(group, request, endMs) {
      group.members.push(request);
      group.endMs = endMs;
      outcomes.set(request.id, started(request, nowMs, 'batched'));
    },
    assignments: () =>
      groups.map(({ members, gpus, steps, endMs }) => ({
        ...{ requestIds: members.map(({ id }) => id), gpus, degree: gpus.length },
        ...{ steps, startMs: nowMs, endMs: nowMs + endMs },
      })),
  };
}
