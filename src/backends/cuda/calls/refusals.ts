import { BackendError, type FinishCall, type PrepareCall, type RunCall } from '../../contract/index.js';
import { parseShapeId } from '../../../model/index.js';
import type { CudaState, WireShape } from '../cuda-state.js';
import type { CallContext } from './call-context.js';

/**
 * Whether `prepare` can be done, as far as the backend knows: whether the model can do the shape, its worker says.
 *
 * @returns the shape
 * @throws `BackendError` `request-busy`, `already-prepared`, `wrong-step`, `unsupported`, `gpu-lost`
 */
export function checkPrepare(
  context: CallContext,
  { requestId, shape, steps, startStep, gpu }: PrepareCall,
): WireShape {
  const known = context.states.find(requestId);
  if (known?.call !== undefined) throw busy(requestId);
  if (known !== undefined) throw new BackendError('already-prepared', `request "${requestId}" has a state`);
  if (!(isCount(steps, 1) && isCount(startStep, 0) && startStep < steps)) {
    throw new BackendError('wrong-step', `request "${requestId}" has no step ${startStep} of ${steps}`);
  }
  const size = readShape(shape);
  checkGpus(context, [gpu]);
  return { id: shape, ...size };
}

/**
 * Whether `run` can be done.
 *
 * @returns its members
 * @throws `BackendError` `request-busy`, `not-prepared`, `wrong-step`, `unsupported`, `gpu-lost`, `gpu-busy`
 */
export function checkRun(context: CallContext, { members, steps, gpus }: RunCall): readonly CudaState[] {
  const states = members.map(({ requestId }) => findIdle(context, requestId));
  members.forEach(({ requestId, fromStep }, index) => {
    const { stepsDone, steps: allSteps } = states[index] as CudaState;
    const at = `request "${requestId}" has done ${stepsDone} of ${allSteps} steps`;
    if (fromStep !== stepsDone) throw new BackendError('wrong-step', `${at}, not ${fromStep}`);
    if (!isCount(steps, 1) || steps > allSteps - stepsDone)
      throw new BackendError('wrong-step', `${at}: no ${steps} more`);
  });
  checkBatch(context, states);
  checkGpus(context, gpus);
  if (context.heads() % gpus.length !== 0)
    throw unsupported(`degree ${gpus.length} does not divide the ${context.heads()} attention heads of the model`);
  for (const { stage, gpus: used } of context.calls) {
    const shared = stage === 'denoise' ? gpus.find((gpu) => used.includes(gpu)) : undefined;
    if (shared !== undefined) throw new BackendError('gpu-busy', `GPU ${shared} is in another chunk`);
  }
  return states;
}

/**
 * Whether `finish` can be done.
 *
 * @returns the request
 * @throws `BackendError` `request-busy`, `not-prepared`, `wrong-step`, `unsupported`, `gpu-lost`
 */
export function checkFinish(context: CallContext, { requestId, gpu }: FinishCall): CudaState {
  const state = findIdle(context, requestId);
  if (state.stepsDone < state.steps) {
    const at = `request "${requestId}" has done ${state.stepsDone} of ${state.steps} steps`;
    throw new BackendError('wrong-step', `${at}, and can be decoded after all of them`);
  }
  checkGpus(context, [gpu]);
  return state;
}

function checkBatch({ maxBatchSize }: CallContext, states: readonly CudaState[]): void {
  const shape = states[0]?.shape;
  if (shape === undefined) throw unsupported('a chunk needs a request');
  const size = states.length;
  if (new Set(states).size < size) throw unsupported('a request stands twice in a chunk');
  if (states.some((state) => state.shape.id !== shape.id)) throw unsupported('the requests of a chunk differ in shape');
  if (size > maxBatchSize) throw unsupported(`a batch of ${size} requests; ${maxBatchSize} at most`);
}

function checkGpus({ domainOf, pool }: CallContext, gpus: readonly number[]): void {
  const domains = new Set(gpus.map((gpu) => domainOf.get(gpu)));
  if (gpus.length === 0) throw unsupported('a chunk needs a GPU');
  if (domains.has(undefined)) throw unsupported(`the cluster does not have all of the GPUs ${gpus.join(', ')}`);
  if (domains.size > 1) throw unsupported(`GPUs ${gpus.join(', ')} lie in several domains`);
  if (new Set(gpus).size < gpus.length) throw unsupported(`a GPU stands twice in ${gpus.join(', ')}`);
  const gone = gpus.filter((gpu) => pool.at(gpu) === undefined);
  if (gone.length > 0) {
    throw new BackendError('gpu-lost', `GPU ${gone.join(', ')} is lost`, { state: 'intact', gpus: gone });
  }
}

function findIdle({ states }: CallContext, requestId: string): CudaState {
  const state = states.find(requestId);
  if (state === undefined) throw new BackendError('not-prepared', `request "${requestId}" has no state`);
  if (state.call !== undefined) throw busy(requestId);
  return state;
}

function readShape(shape: string): Omit<WireShape, 'id'> {
  try {
    return parseShapeId(shape, 'shape');
  } catch (cause) {
    throw new BackendError('unsupported', `${shape} is no shape`, { cause });
  }
}

function busy(requestId: string): BackendError {
  return new BackendError('request-busy', `request "${requestId}" is in another call`);
}

function unsupported(what: string): BackendError {
  return new BackendError('unsupported', `cannot do that: ${what}`);
}

function isCount(value: number, min: number): boolean {
  return Number.isSafeInteger(value) && value >= min;
}
