import { BackendError, type FinishCall, type PrepareCall, type RunCall } from '../contract/index.js';
import { batchStepMsAt, type Profile, type ShapeTimes } from '../../profile/index.js';
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
export function checkPrepare(
  context: RefusalContext,
  { requestId, shape, steps, startStep, gpu }: PrepareCall,
): ShapeTimes {
  const known = context.states.find(requestId);
  if (known?.call !== undefined) throw busy(requestId);
  if (known !== undefined) throw new BackendError('already-prepared', `request "${requestId}" has a state`);
  if (!(isCount(steps, 1) && isCount(startStep, 0) && startStep < steps)) {
    throw new BackendError('wrong-step', `request "${requestId}" has no step ${startStep} of ${steps}`);
  }
  const times = timesOf(context.profile, shape);
  checkGpus(context.gpus, [gpu]);
  return times;
}

/**
 * Whether `run` can be done.
 *
 * @returns its members
 * @throws `BackendError` `request-busy`, `not-prepared`, `wrong-step`, `unsupported`, `gpu-lost`, `gpu-busy`
 */
export function checkRun(context: RefusalContext, { members, steps, gpus }: RunCall): readonly SimulatedState[] {
  const states = members.map(({ requestId }) => findIdle(context.states, requestId));
  members.forEach(({ requestId, fromStep }, index) => {
    const { stepsDone, steps: allSteps } = states[index] as SimulatedState;
    const at = `request "${requestId}" has done ${stepsDone} of ${allSteps} steps`;
    if (fromStep !== stepsDone) throw new BackendError('wrong-step', `${at}, not ${fromStep}`);
    if (!isCount(steps, 1) || steps > allSteps - stepsDone)
      throw new BackendError('wrong-step', `${at}: no ${steps} more`);
  });
  checkBatch(context, states, gpus.length);
  checkGpus(context.gpus, gpus);
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
export function checkFinish(context: RefusalContext, { requestId, gpu }: FinishCall): SimulatedState {
  const state = findIdle(context.states, requestId);
  if (state.stepsDone < state.steps) {
    const at = `request "${requestId}" has done ${state.stepsDone} of ${state.steps} steps`;
    throw new BackendError('wrong-step', `${at}, and can be decoded after all of them`);
  }
  checkGpus(context.gpus, [gpu]);
  return state;
}

function checkBatch({ maxBatchSize }: RefusalContext, states: readonly SimulatedState[], degree: number): void {
  const times = states[0]?.times;
  if (times === undefined) throw unsupported('a chunk needs a request');
  const size = states.length;
  if (new Set(states).size < size) throw unsupported('a request stands twice in a chunk');
  if (states.some((state) => state.times.id !== times.id)) throw unsupported('the requests of a chunk differ in shape');
  if (size > maxBatchSize) throw unsupported(`a batch of ${size} requests; ${maxBatchSize} at most`);
  if (!times.degrees.includes(degree)) throw unsupported(`${times.id} at degree ${degree}`);
  if (batchStepMsAt(times, size, degree) === undefined) throw unsupported(`${size} x ${times.id} at degree ${degree}`);
}

function checkGpus(conditions: GpuConditions, gpus: readonly number[]): void {
  const domains = new Set(gpus.map((gpu) => conditions.domainOf(gpu)));
  if (domains.has(undefined)) throw unsupported(`the cluster does not have all of the GPUs ${gpus.join(', ')}`);
  if (domains.size > 1) throw unsupported(`GPUs ${gpus.join(', ')} lie in several domains`);
  if (new Set(gpus).size < gpus.length) throw unsupported(`a GPU stands twice in ${gpus.join(', ')}`);
  const gone = gpus.filter((gpu) => conditions.lost.has(gpu));
  if (gone.length > 0) {
    throw new BackendError('gpu-lost', `GPU ${gone.join(', ')} is lost`, { state: 'intact', gpus: gone });
  }
}

function timesOf(profile: Profile, shape: string): ShapeTimes {
  try {
    return profile.shape(shape);
  } catch (cause) {
    throw new BackendError('unsupported', `the profile does not cover ${shape}`, { cause });
  }
}

function findIdle(states: SimulatedStates, requestId: string): SimulatedState {
  const state = states.find(requestId);
  if (state === undefined) throw new BackendError('not-prepared', `request "${requestId}" has no state`);
  if (state.call !== undefined) throw busy(requestId);
  return state;
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
