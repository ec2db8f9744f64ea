import type { RoundPlan } from '../model/index.js';
import type { PlanningInput } from '../rounds/index.js';

/**
 * A scheduling policy: one pure function with a name. The same input gives the same plan, in whatever order its requests
 * and GPUs came. `planRound()` checks the input before it hands it over.
 */
export interface Policy {
  /** For people and logs. */
  readonly name: string;
  /**
   * When to plan: `boundary` at the end of each round that the last plan announced (`endMs`), `event` whenever a request
   * arrives or GPUs become free.
   */
  readonly replanOn: 'boundary' | 'event';
  /**
   * Decides who runs where. The plan keeps the rules of `validatePlan()`; `composePlan()` helps with that.
   *
   * @throws never for overload: a request that cannot be served on time gets an outcome that says so
   */
  plan(input: PlanningInput): RoundPlan;
}
