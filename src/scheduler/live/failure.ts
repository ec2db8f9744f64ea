import { BackendError, type BackendErrorCode } from '../../backends/index.js';

/** A failed call of the backend, as the core wants to know it. */
export interface CallFailure {
  /** Steps that were completed. */
  readonly steps: number;
  readonly state: 'intact' | 'lost';
  readonly cause: 'gpu-lost' | 'error';
  readonly detail: string;
  /** The members whose fault it is; `undefined` if that is not known. */
  readonly blamed: readonly string[] | undefined;
  /** GPUs that are lost by what the error says. */
  readonly lostGpus: readonly number[];
  /** Whether the whole backend is lost. */
  readonly isBackendLost: boolean;
}

/** These say that backend and scheduler disagree about the request: only a new state mends that. */
const outOfStep: readonly BackendErrorCode[] = ['not-prepared', 'already-prepared', 'wrong-step'];

/**
 * Reads what a call rejected with. What is no `BackendError` says nothing about the state, so that it counts as lost.
 *
 * @param isLost - whether a GPU is known to be lost
 */
export function readFailure(error: unknown, gpus: readonly number[], isLost: (gpu: number) => boolean): CallFailure {
  const detail = error instanceof Error ? error.message : String(error);
  if (!BackendError.isInstance(error)) {
    const unknown = { steps: 0, blamed: undefined, lostGpus: [], isBackendLost: false };
    return { ...unknown, state: 'lost', cause: 'error', detail };
  }
  const lostGpus = error.code === 'gpu-lost' ? (error.gpus ?? []) : [];
  // A loss that names no GPU would be tried again on the same ones for ever if it counted against nobody.
  const isGpuLost = error.code === 'gpu-lost' && (lostGpus.length > 0 || gpus.some(isLost));
  const isBackendLost = error.code === 'backend-lost';
  const state = outOfStep.includes(error.code) ? 'lost' : error.state;
  return {
    steps: state === 'intact' && Number.isSafeInteger(error.steps) ? Math.max(0, error.steps) : 0,
    state,
    cause: isGpuLost || isBackendLost ? 'gpu-lost' : 'error',
    detail,
    blamed: error.requestIds,
    lostGpus,
    isBackendLost,
  };
}
