import { batchStepMsAt, type Profile, type ShapeTimes } from '../../profile/index.js';
import {
  checkBatch,
  checkGpus,
  checkNewRequest,
  checkNoChunk,
  findComplete,
  findMembers,
  unsupported,
} from '../bookkeeping/index.js';
import { BackendError, type FinishCall, type PrepareCall, type RunCall } from '../contract/index.js';
import type { GpuConditions } from './gpu-conditions.js';
import type { CallInProgress } from './job.js';
import type { SimulatedState, SimulatedStates } from './simulated-state.js';

/** What calls are checked against. */
export interface RefusalContext {
  readonly profile: Profile;
  readonly maxBatchSize: number;
  readonly gpus: GpuConditions;
  readonly states: SimulatedStates;
  readonly calls: Iterable<CallInProgress>;
}

/**
 * Whether `prepare` can be done.
 *
 * @returns what its shape costs
 * @throws `BackendError` `request-busy`, `already-prepared`, `wrong-step`, `unsupported`, `gpu-lost`
 */
export function checkPrepare({ states, profile, gpus }: RefusalContext, call: PrepareCall): ShapeTimes {
  checkNewRequest(states, call);
  const times = timesOf(profile, call.shape);
  checkGpus(gpus, [call.gpu]);
  return times;
}

/**
 * Whether `run` can be done.
 *
 * @returns its members
 * @throws `BackendError` `request-busy`, `not-prepared`, `wrong-step`, `unsupported`, `gpu-lost`, `gpu-busy`
 */
export function checkRun(context: RefusalContext, call: RunCall): readonly SimulatedState[] {
  const states = findMembers(context.states, call);
  checkBatch(states, ({ times }) => times.id, context.maxBatchSize);
  checkMeasured((states[0] as SimulatedState).times, states.length, call.gpus.length);
  checkGpus(context.gpus, call.gpus);
  checkNoChunk(context.calls, call.gpus);
  return states;
}

/**
 * Whether `finish` can be done.
 *
 * @returns the request
 * @throws `BackendError` `request-busy`, `not-prepared`, `wrong-step`, `unsupported`, `gpu-lost`
 */
export function checkFinish({ states, gpus }: RefusalContext, call: FinishCall): SimulatedState {
  const state = findComplete(states, call);
  checkGpus(gpus, [call.gpu]);
  return state;
}

function checkMeasured(times: ShapeTimes, size: number, degree: number): void {
  if (!times.degrees.includes(degree)) throw unsupported(`${times.id} at degree ${degree}`);
  if (batchStepMsAt(times, size, degree) === undefined) throw unsupported(`${size} x ${times.id} at degree ${degree}`);
}

function timesOf(profile: Profile, shape: string): ShapeTimes {
  try {
    return profile.shape(shape);
  } catch (cause) {
    throw new BackendError('unsupported', `the profile does not cover ${shape}`, { cause });
  }
}
