/**
 * GPUs that are not there: step times come from a profile.
 *
 * @packageDocumentation
 */
export {
  createExecutionModel,
  type ChunkTimeline,
  type ChunkToRun,
  type ExecutionModel,
  type ExecutionModelOptions,
} from './execution-model.js';
export { createSimulatedBackend } from './simulated-backend.js';
export type { SimulatedArtifact, SimulatedBackend, SimulatedBackendOptions } from './options.js';
export type { ChunkCut, SimulatedChunkRecord } from './chunk-record.js';
export type { SimulatedFaults } from './faults.js';
export type { ChunkFailure, FaultTarget, FinishFailure } from './waiting-faults.js';
