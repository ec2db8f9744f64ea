import { BackendError } from '../../contract/index.js';
import type { CudaState } from '../cuda-state.js';
import { WorkerCallError, WorkerLostError } from '../workers/worker-errors.js';

/**
 * What the failure of a worker means for a call: who is to blame, and what is left. Whatever a worker had not finished is worth nothing,
 * and what was there before is untouched.
 */
export function workError(error: unknown, members: readonly CudaState[]): unknown {
  if (error instanceof WorkerLostError) {
    return new BackendError('gpu-lost', error.message, { state: 'intact', gpus: [error.rank], cause: error });
  }
  if (!(error instanceof WorkerCallError)) return error;
  const { code, message, blamed } = error;
  switch (code) {
    case 'unsupported':
    case 'aborted':
      return new BackendError(code, message, { cause: error });
    // The worker has another idea of the state than the backend: only a new one helps.
    case 'not-prepared':
    case 'wrong-step':
      return new BackendError('chunk-failed', message, { state: 'lost', cause: error });
    default: {
      const keys = code === 'bad-payload' ? members.map(({ key }) => key) : blamed;
      const requestIds = members.filter(({ key }) => keys?.includes(key)).map(({ requestId }) => requestId);
      const details = { state: 'intact', cause: error, ...(requestIds.length > 0 && { requestIds }) } as const;
      return new BackendError('chunk-failed', message, details);
    }
  }
}
