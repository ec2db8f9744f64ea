import { finite, record } from '../model/check.js';
import type { RoundPlan } from '../model/index.js';
import type { RoundInput } from './round-input.js';
import { checkAssignments } from './validate-assignments.js';
import { readFacts } from './validate-facts.js';
import { checkOutcomes } from './validate-outcomes.js';
import { orMalformed, type PlanViolation, type ReportPlan } from './validate-violation.js';

export type { PlanViolation, PlanViolationCode } from './validate-violation.js';

/**
 * Checks a plan against every rule that any planner must keep, whatever its policy. It shares no code with the planners.
 *
 * A request is definitely late if its deadline lies before the sum of: the time from which something can be done for it
 * (now; its arrival; the end of its running chunk), the encoding that is due, the steps that are left at the fastest
 * degree that fits into the largest domain, and decoding. GPUs being busy does not count. Then `best-effort` is due, so
 * `running` (unless mid-chunk) and `deferred` as `can-wait` (reckoned from the end of the round) break the rule `late`, and
 * a request that is not definitely late must not be `best-effort`. Where the sum equals the deadline within rounding,
 * either is right. A mid-chunk request that is late may be `running` or `best-effort`.
 *
 * Times are compared with an absolute tolerance of 1e-6 ms, a relative one of 1e-9 of the span in question, and the
 * resolution of the time stamps. Time is linear in the size of plan and input.
 *
 * @param input - what the planner was given; trusted
 * @param plan - any value whatever: a plan from JSON that is malformed gives violations
 * @returns the rules that the plan breaks, in the order of the plan; empty if it is valid
 * @throws `TetriError` `invalid-shape`, `unknown-shape` if the profile does not cover the shape of a request of the input
 */
export function validatePlan(input: RoundInput, plan: RoundPlan): readonly PlanViolation[] {
  const violations: PlanViolation[] = [];
  const report: ReportPlan = (code, path, message) => violations.push({ code, message, path });
  const facts = readFacts(input);
  orMalformed(report, () => {
    const fields = record(plan, '');
    orMalformed(report, () => {
      const startMs = finite(fields['startMs'], 'startMs');
      if (startMs !== input.nowMs) report('start-not-now', 'startMs', `${startMs} is not now, ${input.nowMs}`);
    });
    let nextMs = input.nowMs;
    orMalformed(report, () => {
      if (fields['endMs'] === null) return;
      const endMs = finite(fields['endMs'], 'endMs');
      if (endMs > input.nowMs) nextMs = endMs;
      else report('end-not-after-start', 'endMs', `${endMs} is not after ${input.nowMs}`);
    });
    const members = checkAssignments(facts, fields['assignments'], report);
    checkOutcomes(facts, members, nextMs, fields['outcomes'], report);
  });
  return violations;
}
