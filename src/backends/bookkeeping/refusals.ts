import { BackendError, type FinishCall, type PrepareCall, type RunCall } from '../contract/index.js';
import type { KeptState, RequestStates } from './request-states.js';

/** A state that takes steps. */
export interface SteppedState extends KeptState {
  /** Denoising steps of the whole request. */
  readonly steps: number;
  /** Steps done, skipped ones included. */
  readonly stepsDone: number;
}

/** The GPUs of a backend, as far as a call may be refused for them. */
export interface KnownGpus {
  /** The domain of a GPU; `undefined` for one that the cluster does not have. */
  domainOf(gpu: number): number | undefined;
  isLost(gpu: number): boolean;
}

/** @throws `BackendError` `request-busy`, `already-prepared`, `wrong-step` if no state can be made of that request */
export function checkNewRequest(
  states: RequestStates<SteppedState>,
  { requestId, steps, startStep }: Pick<PrepareCall, 'requestId' | 'steps' | 'startStep'>,
): void {
  const known = states.find(requestId);
  if (known?.call !== undefined) throw busy(requestId);
  if (known !== undefined) throw new BackendError('already-prepared', `request "${requestId}" has a state`);
  if (!(isCount(steps, 1) && isCount(startStep, 0) && startStep < steps)) {
    throw new BackendError('wrong-step', `request "${requestId}" has no step ${startStep} of ${steps}`);
  }
}

/**
 * The members of a chunk, each at its step and with enough of them left.
 *
 * @throws `BackendError` `request-busy`, `not-prepared`, `wrong-step`
 */
export function findMembers<State extends SteppedState>(
  states: RequestStates<State>,
  { members, steps }: Pick<RunCall, 'members' | 'steps'>,
): readonly State[] {
  const found = members.map(({ requestId }) => findIdle(states, requestId));
  members.forEach(({ requestId, fromStep }, index) => {
    const { stepsDone, steps: allSteps } = found[index] as State;
    const at = `request "${requestId}" has done ${stepsDone} of ${allSteps} steps`;
    if (fromStep !== stepsDone) throw new BackendError('wrong-step', `${at}, not ${fromStep}`);
    if (!isCount(steps, 1) || steps > allSteps - stepsDone)
      throw new BackendError('wrong-step', `${at}: no ${steps} more`);
  });
  return found;
}

/**
 * The request that has done all its steps.
 *
 * @throws `BackendError` `request-busy`, `not-prepared`, `wrong-step`
 */
export function findComplete<State extends SteppedState>(
  states: RequestStates<State>,
  { requestId }: Pick<FinishCall, 'requestId'>,
): State {
  const state = findIdle(states, requestId);
  if (state.stepsDone < state.steps) {
    const at = `request "${requestId}" has done ${state.stepsDone} of ${state.steps} steps`;
    throw new BackendError('wrong-step', `${at}, and can be decoded after all of them`);
  }
  return state;
}

/** @throws `BackendError` `unsupported` if the members of a chunk are no batch of equal shapes that is small enough */
export function checkBatch<State>(members: readonly State[], shapeOf: (state: State) => string, maxSize: number): void {
  const size = members.length;
  if (size === 0) throw unsupported('a chunk needs a request');
  if (new Set(members).size < size) throw unsupported('a request stands twice in a chunk');
  if (new Set(members.map(shapeOf)).size > 1) throw unsupported('the requests of a chunk differ in shape');
  if (size > maxSize) throw unsupported(`a batch of ${size} requests; ${maxSize} at most`);
}

/** @throws `BackendError` `unsupported`, `gpu-lost` if there is no such group, or not all of it */
export function checkGpus(known: KnownGpus, gpus: readonly number[]): void {
  const domains = new Set(gpus.map((gpu) => known.domainOf(gpu)));
  if (gpus.length === 0) throw unsupported('a chunk needs a GPU');
  if (domains.has(undefined)) throw unsupported(`the cluster does not have all of the GPUs ${gpus.join(', ')}`);
  if (domains.size > 1) throw unsupported(`GPUs ${gpus.join(', ')} lie in several domains`);
  if (new Set(gpus).size < gpus.length) throw unsupported(`a GPU stands twice in ${gpus.join(', ')}`);
  const gone = gpus.filter((gpu) => known.isLost(gpu));
  if (gone.length > 0) {
    throw new BackendError('gpu-lost', `GPU ${gone.join(', ')} is lost`, { state: 'intact', gpus: gone });
  }
}

/** @throws `BackendError` `gpu-busy` if a GPU is in another chunk */
export function checkNoChunk(
  calls: Iterable<{ readonly stage: 'encode' | 'denoise' | 'decode'; readonly gpus: readonly number[] }>,
  gpus: readonly number[],
): void {
  for (const { stage, gpus: used } of calls) {
    const shared = stage === 'denoise' ? gpus.find((gpu) => used.includes(gpu)) : undefined;
    if (shared !== undefined) throw new BackendError('gpu-busy', `GPU ${shared} is in another chunk`);
  }
}

export function unsupported(what: string): BackendError {
  return new BackendError('unsupported', `cannot do that: ${what}`);
}

function findIdle<State extends SteppedState>(states: RequestStates<State>, requestId: string): State {
  const state = states.find(requestId);
  if (state === undefined) throw new BackendError('not-prepared', `request "${requestId}" has no state`);
  if (state.call !== undefined) throw busy(requestId);
  return state;
}

function busy(requestId: string): BackendError {
  return new BackendError('request-busy', `request "${requestId}" is in another call`);
}

function isCount(value: number, min: number): boolean {
  return Number.isSafeInteger(value) && value >= min;
}
