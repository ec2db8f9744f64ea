import { BackendError } from '../../contract/index.js';
import type { CudaState } from '../cuda-state.js';
import type { Worker } from '../workers/worker.js';

/**
 * Takes the latents that came before the answer of a call for those after so many more steps; all of them, or none. Throws `BackendError`
 * if some did not come.
 */
export function takeOver(members: readonly CudaState[], steps: number): void {
  const missing = members.find(({ arrived, stepsDone }) => arrived?.step !== stepsDone + steps);
  if (missing !== undefined) {
    const detail = `the worker handed no latents of request "${missing.requestId}" over`;
    throw new BackendError('chunk-failed', detail, { state: 'intact' });
  }
  for (const member of members) {
    member.latents = member.arrived;
    member.stepsDone += steps;
  }
}

/** Gives a worker what it lacks of a state that was encoded. */
export function handOver(state: CudaState, worker: Worker): void {
  const { key, shape, steps, stepsDone, conditioning, latents } = state;
  if (conditioning === null || latents === null) {
    throw new BackendError('not-prepared', `request "${state.requestId}" is not prepared`);
  }
  const has = worker.holdings.get(key) ?? { conditioning: false, latentsStep: null };
  worker.holdings.set(key, has);
  if (!has.conditioning) {
    worker.notify({ type: 'load', key, part: 'conditioning', step: stepsDone, shape, steps }, conditioning);
    has.conditioning = true;
  }
  if (has.latentsStep !== stepsDone) {
    worker.notify({ type: 'load', key, part: 'latents', step: stepsDone, shape, steps }, latents.bytes);
    has.latentsStep = stepsDone;
  }
}
