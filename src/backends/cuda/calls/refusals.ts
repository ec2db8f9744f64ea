import { parseShapeId } from '../../../model/index.js';
import {
  checkBatch,
  checkGpus,
  checkNewRequest,
  checkNoChunk,
  findComplete,
  findMembers,
  unsupported,
  type KnownGpus,
} from '../../bookkeeping/index.js';
import { BackendError, type FinishCall, type PrepareCall, type RunCall } from '../../contract/index.js';
import type { CudaState, WireShape } from '../cuda-state.js';
import type { CallContext } from './call-context.js';

/**
 * Whether `prepare` can be done, as far as the backend knows: whether the model can do the shape, its worker says.
 *
 * @returns the shape
 * @throws `BackendError` `request-busy`, `already-prepared`, `wrong-step`, `unsupported`, `gpu-lost`
 */
export function checkPrepare(context: CallContext, call: PrepareCall): WireShape {
  checkNewRequest(context.states, call);
  const size = readShape(call.shape);
  checkGpus(gpusOf(context), [call.gpu]);
  return { id: call.shape, ...size };
}

/**
 * Whether `run` can be done.
 *
 * @returns its members
 * @throws `BackendError` `request-busy`, `not-prepared`, `wrong-step`, `unsupported`, `gpu-lost`, `gpu-busy`
 */
export function checkRun(context: CallContext, call: RunCall): readonly CudaState[] {
  const { gpus } = call;
  const states = findMembers(context.states, call);
  checkBatch(states, ({ shape }) => shape.id, context.maxBatchSize);
  checkGpus(gpusOf(context), gpus);
  if (context.heads() % gpus.length !== 0)
    throw unsupported(`degree ${gpus.length} does not divide the ${context.heads()} attention heads of the model`);
  checkNoChunk(context.calls, gpus);
  return states;
}

/**
 * Whether `finish` can be done.
 *
 * @returns the request
 * @throws `BackendError` `request-busy`, `not-prepared`, `wrong-step`, `unsupported`, `gpu-lost`
 */
export function checkFinish(context: CallContext, call: FinishCall): CudaState {
  const state = findComplete(context.states, call);
  checkGpus(gpusOf(context), [call.gpu]);
  return state;
}

function gpusOf({ domainOf, pool }: CallContext): KnownGpus {
  return { domainOf: (gpu) => domainOf.get(gpu), isLost: (gpu) => pool.at(gpu) === undefined };
}

function readShape(shape: string): Omit<WireShape, 'id'> {
  try {
    return parseShapeId(shape, 'shape');
  } catch (cause) {
    throw new BackendError('unsupported', `${shape} is no shape`, { cause });
  }
}
