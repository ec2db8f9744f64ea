/**
 * Workloads, traces, and their replay on virtual time through the scheduler core; and the verifier of what came out.
 *
 * @packageDocumentation
 */
export { formatTrace, parseTrace, type Trace } from './trace.js';
export { randomStreams, type RandomSource, type RandomStreams } from './random.js';
export * from './workloads/index.js';
export { fastestSlo, paperBaseSloMs, paperSlo, type SloRule } from './slo.js';
export { simulate, type Disturbance, type SimulateOptions, type SimulationRun } from './simulate.js';
export { offlineBound, type OfflineBound, type OfflineBoundOptions } from './offline-bound.js';
export { summarize, type RunSummary, type ShapeSummary } from './summarize.js';
export * from './capacity/index.js';
export type { ChunkRecord, RequestRecord, RunLog } from './run-log.js';
export { formatRunLog, parseRunLog } from './run-log-format.js';
export {
  validateRun,
  type RunVerdict,
  type RunViolation,
  type RunViolationCode,
  type ValidateRunOptions,
} from './validate-run.js';
export { createVirtualClock, type VirtualClock } from './virtual-clock.js';
