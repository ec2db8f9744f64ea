import { BackendError } from '../../contract/index.js';
import type { CudaState, Latents } from '../cuda-state.js';
import type { Worker } from '../workers/worker.js';
import type { CallContext } from './call-context.js';

/** Gives a worker what it lacks of a state. Rejects with `BackendError` if that is nowhere to be had. */
export async function handOver(context: CallContext, state: CudaState, worker: Worker): Promise<void> {
  const { key, shape, steps, stepsDone, conditioning } = state;
  const has = worker.holdings.get(key) ?? { conditioning: false, latentsStep: null };
  worker.holdings.set(key, has);
  if (!has.conditioning) {
    if (conditioning === null) throw stateGone(context, state);
    worker.notify({ type: 'load', key, part: 'conditioning', step: stepsDone, shape, steps }, conditioning);
    has.conditioning = true;
  }
  if (has.latentsStep === stepsDone) return;
  const { step, bytes } = await newestLatents(context, state);
  worker.notify({ type: 'load', key, part: 'latents', step, shape, steps }, bytes);
  has.latentsStep = step;
}

/** The latents after the steps that are done: on their way from the first worker of the last chunk, or still with another one. */
async function newestLatents(context: CallContext, state: CudaState): Promise<Latents> {
  for (;;) {
    const { latents, stepsDone, arrivingFrom } = state;
    if (latents?.step === stepsDone) return latents;
    if (arrivingFrom?.isLost === false) await arrival(state, arrivingFrom);
    else await askForThem(context, state);
  }
}

/** Till newer latents have arrived, or the worker that was to hand them over is lost. */
function arrival({ waiting }: CudaState, from: Worker): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      waiting.delete(over);
      takeBack();
      resolve();
    };
    const takeBack = from.whenLost(over);
    waiting.add(over);
  });
}

async function askForThem(context: CallContext, state: CudaState): Promise<void> {
  const { key, stepsDone } = state;
  const holder = context.pool.all().find(({ holdings }) => holdings.get(key)?.latentsStep === stepsDone);
  if (holder === undefined) throw stateGone(context, state);
  try {
    await holder.call({ type: 'fetch', key, part: 'latents' }).answer;
  } catch {
    // Then it does not have them, or is gone: the next one is asked.
    const has = holder.holdings.get(key);
    if (has !== undefined) has.latentsStep = null;
  }
}

/** Nothing is left of it but its id; those who share a chunk with it are not harmed. */
function stateGone({ states }: CallContext, state: CudaState): BackendError {
  states.drop(state);
  const { requestId } = state;
  return new BackendError('chunk-failed', `the state of request "${requestId}" went with a lost worker`, {
    ...{ state: 'intact', requestIds: [requestId] },
  });
}
