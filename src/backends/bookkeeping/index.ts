/** What backends keep books of, whatever they execute on. */
export { createDeferred, type Deferred } from './deferred.js';
export { createGpuTurns, type GpuTurns } from './gpu-turns.js';
export { createRequestStates, type RequestStates } from './request-states.js';
export {
  checkBatch,
  checkGpus,
  checkNewRequest,
  checkNoChunk,
  findComplete,
  findMembers,
  unsupported,
  type KnownGpus,
  type SteppedState,
} from './refusals.js';
