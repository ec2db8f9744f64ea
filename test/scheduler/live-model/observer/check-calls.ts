import { isDeepStrictEqual } from 'node:util';
import type { FinishCall, PrepareCall, RunCall } from '../../../../src/backends/index.js';
import { batchStepMsAt, type Profile } from '../../../../src/profile/index.js';
import type { GpuBooks, GpuUse } from './gpu-books.js';
import type { Asked, State } from './states.js';

/** What calls are held against. */
export interface CallContext {
  readonly profile: Profile;
  readonly maxBatchSize: number;
  readonly gpus: GpuBooks;
  readonly states: ReadonlyMap<string, State>;
  readonly asked: (requestId: string) => Asked | undefined;
}

/** What is wrong with a call of `prepare`. */
export function checkPrepare(context: CallContext, call: PrepareCall): string[] {
  const { requestId, shape, steps, startStep, payload, gpu, signal } = call;
  const wanted = context.asked(requestId);
  return [
    ...(wanted === undefined ? ['it is not alive'] : []),
    ...(wanted !== undefined && !isDeepStrictEqual(wanted, { shape, steps, startStep, payload })
      ? ['not as asked']
      : []),
    ...(context.states.has(requestId) ? ['it has a state'] : []),
    ...(signal.aborted ? ['it was aborted before'] : []),
    ...checkGpu(context, gpu, 'encoding'),
  ];
}

/** What is wrong with a call of `run`. */
export function checkRun(context: CallContext, { members, steps, gpus, signal }: RunCall): string[] {
  const { profile, maxBatchSize } = context;
  const states = members.flatMap(({ requestId }) => context.states.get(requestId) ?? []);
  const shapes = new Set(states.map(({ asked }) => profile.shape(asked.shape).id));
  const [shape] = shapes;
  const times = shape === undefined ? undefined : profile.shape(shape);
  const fits = times?.degrees.includes(gpus.length) !== false;
  // A chunk in which something was encoded began before a GPU was lost.
  const isFresh = states.some((state) => state.isFresh);
  return [
    ...(new Set(members.map(({ requestId }) => requestId)).size < members.length ? ['a member twice'] : []),
    ...(members.length === 0 || members.length > maxBatchSize ? ['too many members, or none'] : []),
    ...(shapes.size > 1 ? ['members of several shapes'] : []),
    ...(new Set(gpus).size < gpus.length || gpus.length === 0 ? ['a GPU twice, or none'] : []),
    ...(new Set(gpus.map((gpu) => context.gpus.domainOf.get(gpu))).size > 1 ? ['in several domains'] : []),
    ...(fits ? [] : ['not a degree of its shape']),
    ...(fits && times !== undefined && batchStepMsAt(times, members.length, gpus.length) === undefined
      ? ['not a batch of its shape']
      : []),
    ...(steps >= 1 ? [] : ['no step']),
    ...(signal.aborted ? ['it was aborted before'] : []),
    ...members.flatMap(({ requestId, fromStep }) => checkMember(context, requestId, fromStep, fromStep + steps)),
    ...gpus.flatMap((gpu) => (isFresh && context.gpus.isKnownLost(gpu) ? [] : checkGpu(context, gpu, 'steps'))),
  ];
}

/** What is wrong with a call of `finish`. */
export function checkFinish(context: CallContext, { requestId, gpu }: FinishCall): string[] {
  const state = context.states.get(requestId);
  const { steps = 0 } = state?.asked ?? {};
  return [
    ...checkMember(context, requestId, steps, steps),
    ...checkGpu(context, gpu, decodingOf(context.profile, state)),
  ];
}

/** What decoding a request does to a GPU. */
export function decodingOf(profile: Profile, state: State | undefined): GpuUse {
  const decodeMs = state === undefined ? 0 : profile.shape(state.asked.shape).decodeMs;
  return decodeMs > 0 ? 'decoding' : 'decoding in no time';
}

function checkMember({ states, gpus }: CallContext, id: string, fromStep: number, toStep: number): string[] {
  const state = states.get(id);
  // In the very moment in which the backend dies, the scheduler does not know.
  if (state === undefined) return gpus.isJustLost() ? [] : [`${id} has no state`];
  return [
    ...(state.call === undefined ? [] : [`${id} is in a ${state.call}`]),
    ...(state.stepsDone === fromStep ? [] : [`${id} is at step ${state.stepsDone}, not ${fromStep}`]),
    ...(toStep <= state.asked.steps ? [] : [`${id} has only ${state.asked.steps} steps`]),
  ];
}

function checkGpu({ gpus }: CallContext, gpu: number, use: GpuUse): string[] {
  return [
    ...(gpus.domainOf.has(gpu) ? [] : [`GPU ${gpu} is not there`]),
    ...(gpus.isKnownLost(gpu) ? [`GPU ${gpu} is lost`] : []),
    ...gpus.conflicts(gpu, use),
  ];
}
