import { BackendError } from '../../contract/index.js';
import type { CudaState } from '../cuda-state.js';
import type { CallContext } from './call-context.js';
import { takeOver } from './hand-over.js';
import { untilDone } from './until-done.js';

/** Encodes the conditioning of a request and draws its initial latents on one worker. */
export async function encode(
  context: CallContext,
  state: CudaState,
  gpu: number,
  payload: unknown,
  stop: AbortSignal,
): Promise<void> {
  const { key, shape, steps, stepsDone } = state;
  await untilDone(context, gpu, [state], stop, (worker) => {
    // Whatever becomes of it, it may hold something from here on.
    worker.holdings.set(key, { conditioning: false, latentsStep: null });
    return worker.call({ type: 'prepare', key, shape, steps, startStep: stepsDone, payload });
  });
  if (state.conditioning === null) {
    throw new BackendError('chunk-failed', `the worker handed no conditioning of request "${state.requestId}" over`);
  }
  takeOver([state], 0);
  context.pool.at(gpu)?.holdings.set(key, { conditioning: true, latentsStep: stepsDone });
}
