/** GPUs that are not there: step times come from a profile. */
export {
  createExecutionModel,
  type ChunkTimeline,
  type ChunkToRun,
  type ExecutionModel,
  type ExecutionModelOptions,
} from './execution-model.js';
