import { BackendError } from '../../contract/index.js';
import type { CudaState } from '../cuda-state.js';
import type { Answer, Worker, WorkerCall } from '../workers/worker.js';
import type { CallContext } from './call-context.js';
import { workError } from './work-error.js';

/** Has one worker do something, and stops it when it is told to. */
export async function untilDone(
  { pool }: CallContext,
  gpu: number,
  members: readonly CudaState[],
  stop: AbortSignal,
  begin: (worker: Worker) => WorkerCall,
): Promise<Answer> {
  const worker = pool.at(gpu);
  if (worker === undefined) {
    throw new BackendError('gpu-lost', `GPU ${gpu} is lost`, { state: 'intact', gpus: [gpu] });
  }
  const call = begin(worker);
  const abort = (): void => call.abort();
  if (stop.aborted) abort();
  stop.addEventListener('abort', abort, { once: true });
  try {
    return await call.answer;
  } catch (error) {
    throw workError(error, members);
  } finally {
    stop.removeEventListener('abort', abort);
  }
}
