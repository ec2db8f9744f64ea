import type { Assignment, PlanOutcome, RoundPlan } from '../model/index.js';
import type { PlanningInput } from './planning-input.js';

/**
 * Puts a plan together: what a policy decided for the waiting requests, and what was decided before it was asked, in the
 * order that a {@link RoundPlan} promises.
 *
 * @param input - the input that was planned
 * @param endMs - end of the round; `null` to plan again at the next event
 * @param assignments - in any order
 * @param outcomes - one for every waiting request
 */
export function composePlan(
  input: PlanningInput,
  endMs: number | null,
  assignments: Assignment[],
  outcomes: ReadonlyMap<string, PlanOutcome>,
): RoundPlan {
  const decided = new Map(input.decided.map((outcome) => [outcome.requestId, outcome]));
  return {
    startMs: input.nowMs,
    endMs,
    assignments: assignments.sort((a, b) => (a.gpus[0] as number) - (b.gpus[0] as number)),
    outcomes: input.order.map((id) => outcomes.get(id) ?? (decided.get(id) as PlanOutcome)),
  };
}
