import { BackendError, type BackendErrorCode } from '../../backends/index.js';
import { messageOf } from './foreign.js';

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
 * @param gpus - the GPUs of the call
 * @param steps - the steps that it was to do
 * @param wasLost - whether a GPU is known to be lost, or to have been since the call began
 */
export function readFailure(
  error: unknown,
  gpus: readonly number[],
  steps: number,
  wasLost: (gpu: number) => boolean,
): CallFailure {
  const detail = messageOf(error);
  if (!BackendError.isInstance(error)) {
    const unknown = { steps: 0, blamed: undefined, lostGpus: [], isBackendLost: false };
    return { ...unknown, state: 'lost', cause: 'error', detail };
  }
  // It may come from another copy of this package, or over a wire: only its code is certain.
  const lostGpus = error.code === 'gpu-lost' && Array.isArray(error.gpus) ? error.gpus : [];
  // A loss of no GPU of the call would be tried again on the same ones for ever if it counted against nobody.
  const isGpuLost = error.code === 'gpu-lost' && gpus.some((gpu) => lostGpus.includes(gpu) || wasLost(gpu));
  const isBackendLost = error.code === 'backend-lost';
  const state = outOfStep.includes(error.code) || error.state !== 'intact' ? 'lost' : 'intact';
  return {
    steps: state === 'intact' && Number.isSafeInteger(error.steps) ? Math.max(0, Math.min(error.steps, steps)) : 0,
    state,
    cause: isGpuLost || isBackendLost ? 'gpu-lost' : 'error',
    detail,
    blamed: Array.isArray(error.requestIds) ? error.requestIds : undefined,
    lostGpus,
    isBackendLost,
  };
}
