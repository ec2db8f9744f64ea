/**
 * Deadline-aware scheduling for serving Diffusion Transformers: the pure core. Nothing here knows a clock, a process or a
 * GPU driver; it runs wherever JavaScript does.
 *
 * @packageDocumentation
 */

// The nouns.
export {
  TetriError,
  compareRequests,
  createCluster,
  latentTokens,
  parseCluster,
  parseRequest,
  parseShapeId,
  shapeId,
} from './model/index.js';
export type {
  Assignment,
  BestEffortReason,
  Cluster,
  CompleteRequest,
  DeferredReason,
  FailureReason,
  GenerationRequest,
  Gpu,
  InfeasibleReason,
  PlanOutcome,
  RefusalReason,
  RoundPlan,
  RunningReason,
  Settlement,
  Shape,
  TetriErrorCode,
} from './model/index.js';

// What a step costs.
export {
  batchStepMsAt,
  builtinProfile,
  builtinProfileNames,
  builtinStepProfile,
  parseProfile,
  stepMsAt,
} from './profile/index.js';
export type {
  BatchTimes,
  BuiltinProfileName,
  MsByDegree,
  Profile,
  ProfileSource,
  ShapeTimes,
  StepProfile,
  StepProfileShape,
} from './profile/index.js';

// Which degrees meet a deadline.
export {
  widestEfficientDegree,
  parallelEfficiency,
  fastestDegree,
  leastGpuTimeMs,
  leastGpuTimePlan,
  scaleUpGainMs,
  smallestFeasibleDegree,
} from './parallelism/index.js';
export type { Allocation, DegreePlan } from './parallelism/index.js';

// Who fits together, and on which GPUs.
export { fitsDomains, placeGroups, solveKnapsack } from './packing/index.js';
export type {
  KnapsackOption,
  KnapsackResult,
  PlacementGpu,
  PlacementOptions,
  PlacementGroup,
} from './packing/index.js';

// Time cut into rounds.
export {
  composePlan,
  fastestRemainingMs,
  isDefinitelyLate,
  nextBoundaryMs,
  parseRoundInput,
  roundLengthMs,
  stepsInRound,
  validatePlan,
} from './rounds/index.js';
export type {
  GpuState,
  PlanViolation,
  PlanViolationCode,
  PlanningGpu,
  PlanningInput,
  PlanningRequest,
  RequestState,
  RoundInput,
  RunningChunk,
} from './rounds/index.js';

// One plan.
export {
  createPolicy,
  edf,
  fixedDegree,
  horizon,
  perShape,
  planRound,
  policyNames,
  srpt,
  tetriserve,
} from './policies/index.js';
export type { HorizonOptions, Policy, PolicyOptions, TetriserveOptions } from './policies/index.js';
