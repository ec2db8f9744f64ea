/** The contract between the scheduler and whatever executes, version 1. */
export type { Backend, BackendDescription } from './backend.js';
export type { BackendCapabilities } from './capabilities.js';
export type { ChunkMember, FinishCall, PrepareCall, RunCall, RunResult } from './calls.js';
export type { BackendEvent, BackendListener } from './events.js';
export { BackendError, type BackendErrorCode, type BackendErrorDetails } from './backend-error.js';
