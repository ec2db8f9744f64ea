/** The nouns: what is asked for, where it can run, and what was decided. Imports nothing from other folders. */
export { TetriError, type TetriErrorCode } from './errors.js';
export { latentTokens, parseShapeId, shapeId, type Shape } from './shape.js';
export { compareRequests, parseRequest, type CompleteRequest, type GenerationRequest } from './request.js';
export { createCluster, parseCluster, parseGpuIds, type Cluster, type Gpu } from './cluster.js';
export type {
  Assignment,
  BestEffortReason,
  DeferredReason,
  InfeasibleReason,
  PlanOutcome,
  RoundPlan,
  RunningReason,
} from './plan.js';
export type { FailureReason, RefusalReason, Settlement } from './settlement.js';
