/** What backends keep books of, whatever they execute on. */
export { createDeferred, type Deferred } from './deferred.js';
export { createGpuTurns, type GpuTurns, type Turn } from './gpu-turns.js';
export { createRequestStates, type Abandonable, type KeptState, type RequestStates } from './request-states.js';
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
