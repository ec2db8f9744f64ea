import type { Assignment, DeferredReason, PlanOutcome, RunningReason } from '../../model/index.js';
import type { PlanningRequest } from '../../rounds/index.js';
import { started, waits } from '../baselines/outcome.js';

/** A step of one request, or of a batch, that starts now. */
export interface Group {
  readonly members: PlanningRequest[];
  readonly gpus: readonly number[];
  /** When the step ends, encoding included, in ms from now. */
  endMs: number;
}

/** What a plan has decided so far. */
export interface Ledger {
  readonly groups: readonly Group[];
  readonly outcomes: ReadonlyMap<string, PlanOutcome>;
  /** Starts a step. @param endMs - in ms from now */
  start(request: PlanningRequest, gpus: readonly number[], endMs: number, reason: RunningReason): void;
  /** Puts a request off. */
  wait(request: PlanningRequest, reason: DeferredReason): void;
  /** Has a request that was put off run with a group. @param endMs - of the step of all, in ms from now */
  join(group: Group, request: PlanningRequest, endMs: number): void;
  assignments(): Assignment[];
}

export function createLedger(nowMs: number): Ledger {
  const groups: Group[] = [];
  const outcomes = new Map<string, PlanOutcome>();
  return {
    groups,
    outcomes,
    start(request, gpus, endMs, reason) {
      groups.push({ members: [request], gpus, endMs });
      outcomes.set(request.id, started(request, nowMs, reason));
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
      groups.map(({ members, gpus, endMs }) => ({
        ...{ requestIds: members.map(({ id }) => id), gpus, degree: gpus.length },
        ...{ steps: 1, startMs: nowMs, endMs: nowMs + endMs },
      })),
  };
}
