/** What backends keep books of, whatever they execute on. */
export { createDeferred, type Deferred } from './deferred.js';
export { createGpuTurns, type GpuTurns, type Turn } from './gpu-turns.js';
export { createRequestStates, type Abandonable, type KeptState, type RequestStates } from './request-states.js';
