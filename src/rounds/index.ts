/** Time cut into rounds: what a planner is told, how long a round is, what fits it, and whether a plan keeps the rules. */
export type { GpuState, RequestState, RoundInput, RunningChunk } from './round-input.js';
export {
  fastestRemainingMs,
  isDefinitelyLate,
  type PlanningGpu,
  type PlanningInput,
  type PlanningRequest,
} from './planning-input.js';
export { parseRoundInput } from './parse-round-input.js';
export { nextBoundaryMs } from './round-grid.js';
export { roundLengthMs } from './round-length.js';
export { stepsInRound } from './steps-in-round.js';
export { composePlan } from './compose-plan.js';
export { validatePlan, type PlanViolation, type PlanViolationCode } from './validate-plan.js';
