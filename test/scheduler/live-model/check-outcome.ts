import type { FailureReason, RefusalReason } from '../../../src/model/index.js';
import type { Client, Model } from './model.js';
import type { Trial } from './observer/trials.js';
import { isUndeliverable } from './payload.js';
import type { RequestOutcome } from '../../../src/scheduler/index.js';

/** When a request ended, and what is known of it besides. */
export interface Circumstances {
  readonly model: Model;
  readonly nowMs: number;
  /** What the backend was seen to do for it; `undefined` for nothing. */
  readonly trial: Trial | undefined;
  readonly reopenings: number;
  /** How often the backend died in this life, and GPUs of it. */
  readonly deaths: number;
}

/** Whether a request may end this way; what is wrong with it otherwise. */
export function checkOutcome(client: Client, outcome: RequestOutcome, around: Circumstances): string | undefined {
  if (mustHaveCrashed(client, around.model) && !(outcome.status === 'failed' && outcome.reason === 'crashed')) {
    return `it crashed ${client.starts} times`;
  }
  switch (outcome.status) {
    case 'completed':
      return checkCompleted(client, outcome, around);
    case 'cancelled':
      return client.isCancelled ? undefined : 'nobody took it back';
    case 'failed':
      return failures[outcome.reason](client, around) ? undefined : `no cause for it: ${outcome.detail}`;
    case 'refused':
      if (client.isRecovered) return 'it was accepted before';
      return refusals[outcome.reason](client, around) ? undefined : `no cause for it: ${outcome.detail}`;
  }
}

function checkCompleted(
  { handle: { request }, asked }: Client,
  { artifact, onTime, latencyMs }: RequestOutcome & { status: 'completed' },
  { model, trial }: Circumstances,
): string | undefined {
  const finished = trial?.artifact;
  if (finished === undefined || finished.value !== artifact) return 'the backend did not deliver that';
  if (trial?.furthest.most !== asked.steps) return `only ${trial?.furthest.most} steps were done`;
  // A scheduler whose clock was set back stays in its future.
  if (model.hasJumped) return undefined;
  if (onTime !== finished.atMs <= request.deadlineMs)
    return `at ${finished.atMs} it was not ${onTime ? '' : 'too '}late`;
  return latencyMs === finished.atMs - request.arrivalMs ? undefined : `not a latency of ${latencyMs}`;
}

/** Whether it is known for certain that it was on GPUs in too many lives that crashed. */
function mustHaveCrashed({ isRecovered, starts, asked }: Client, model: Model): boolean {
  const { setup } = model;
  const isExact = setup.journalMs === 0 && setup.backend.maxBatchSize === 1 && starts < Infinity;
  return isExact && isRecovered && model.serves(asked.shape) && starts >= setup.options.maxCrashes;
}

type Rule = (client: Client, around: Circumstances) => boolean;

const failures: Readonly<Record<FailureReason, Rule>> = {
  'steps-failed': (_, { model, trial }) =>
    trial?.lastFailure === 'steps' && trial.failures.most >= model.setup.options.maxFailures,
  'decode-failed': (_, { model, trial }) =>
    trial?.lastFailure === 'decoding' && trial.failures.most >= model.setup.options.maxFailures,
  'deadline-missed': ({ handle: { request } }, { model, nowMs }) => {
    if (model.setup.options.whenLate !== 'drop') return false;
    if (model.isDistorted) return true;
    const { minStepMs, encodeMs, decodeMs } = model.profile.shape(request.shape);
    const workMs = encodeMs + (request.steps - request.startStep) * minStepMs + decodeMs;
    return nowMs > request.deadlineMs - workMs - 1e-6;
  },
  displaced: ({ handle: { request } }, { model, trial }) =>
    model.setup.options.whenFull === 'displace' &&
    trial === undefined &&
    model.clients.some(({ handle }) => handle.request.weight > request.weight),
  'backend-lost': (_, around) => isGivenUp(around),
  closed: (_, { model }) => model.isClosed,
  crashed: ({ starts, isRecovered }, { model, deaths }) =>
    (isRecovered ? starts : 0) + deaths >= model.setup.options.maxCrashes,
  unservable: ({ isRecovered, asked }, { model }) => isRecovered && !model.serves(asked.shape),
  'journal-failed': (_, { model }) => model.mayFail.journal,
  'delivery-failed': ({ asked }, { model, trial }) =>
    model.setup.deliverMs !== null && isUndeliverable(asked.payload) && trial?.artifact !== undefined,
};

const refusals: Readonly<Record<RefusalReason, Rule>> = {
  'deadline-infeasible': (_, { model }) => model.setup.options.admit === 'feasible',
  'too-many-requests': ({ others }, { model: { setup } }) => setup.maxRequests !== null && others >= setup.maxRequests,
  'out-of-memory': (_, { model }) => model.setup.maxSteps !== null,
  draining: (_, { model }) => model.isDraining || model.isClosed,
  'backend-lost': (_, around) => isGivenUp(around),
};

/** Whether the backend died for good. */
function isGivenUp({ model, reopenings }: Circumstances): boolean {
  const { reconnect } = model.setup.options;
  return model.hasDied && (reconnect === false || reopenings >= reconnect.attempts);
}
