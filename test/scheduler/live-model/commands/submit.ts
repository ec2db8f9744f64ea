import fc from 'fast-check';
import { expect } from 'vitest';
import type { SubmittedRequest } from '../../../../src/scheduler/index.js';
import type { Model } from '../model.js';
import type { Payload } from '../payload.js';
import type { TheSystem } from '../the-system.js';
import { command, type Command } from './command.js';

/** A request to be; what it is made of is taken modulo what there is. */
export interface Draft {
  readonly draft: number;
  readonly payload: 'none' | 'plain' | 'poisonous' | 'undeliverable';
  readonly signal: 'none' | 'live' | 'aborted';
  /** Whether it takes the id of a request that has ended. */
  readonly reuse: boolean;
  /** How long ago it arrived, in ms; a client's clock may also run ahead. */
  readonly agoMs: number;
}

const plain = Array.from({ length: 6 }, () => 'plain' as const);
const none = Array.from({ length: 9 }, () => 'none' as const);

export const drafts: fc.Arbitrary<Draft> = fc.record({
  draft: fc.nat(20),
  payload: fc.constantFrom('none', ...plain, 'poisonous', 'undeliverable'),
  signal: fc.constantFrom(...none, 'live', 'live', 'aborted'),
  reuse: fc.constantFrom(false, false, true),
  agoMs: fc.constantFrom(0, 0, 0, 7.5, -5),
});

/** The request that a draft stands for at this moment. */
export function requestOf(model: Model, nowMs: number, { draft, reuse, agoMs }: Draft): SubmittedRequest {
  const { requests } = model.setup.world;
  const usable = requests.filter(({ shape }) => model.serves(shape));
  const all = usable.length > 0 ? usable : requests.map((each) => ({ ...each, shape: model.profile.shapes[0]!.id }));
  const { arrivalMs, deadlineMs, ...request } = all[draft % all.length]!;
  const ended = model.clients.filter(({ id }) => !model.alive.has(id));
  const id = reuse && ended.length > 0 ? ended[draft % ended.length]!.id : `r${model.clients.length}`;
  const times = agoMs === 0 ? {} : { arrivalMs: nowMs - agoMs };
  return { ...request, ...times, id, deadlineMs: Math.max(nowMs, nowMs - agoMs) + (deadlineMs - arrivalMs) };
}

export function submitDraft(system: TheSystem, model: Model, draft: Draft): void {
  const request = requestOf(model, system.nowMs, draft);
  const payload: Payload | undefined =
    draft.payload === 'none'
      ? undefined
      : { name: request.id, ...(draft.payload === 'plain' ? {} : ({ [draft.payload]: true } as object)) };
  const controller = draft.signal === 'none' ? undefined : new AbortController();
  if (draft.signal === 'aborted') controller?.abort();
  system.submit(request, payload, controller);
}

const submit = drafts.map((draft) => command('submit', draft, (system, model) => submitDraft(system, model, draft)));

/** All at one moment, for one turn of the scheduler. */
const submitMany = fc
  .array(drafts, { minLength: 2, maxLength: 8 })
  .map((list) =>
    command('submit-many', list, (system, model) => list.forEach((draft) => submitDraft(system, model, draft))),
  );

/** Asks first; the answer has to come true. */
const quoteAndSubmit = drafts.map((draft) =>
  command('quote-and-submit', draft, async (system, model) => {
    const request = requestOf(model, system.nowMs, draft);
    const { refusal, canMeetDeadline, earliestFinishMs } = system.scheduler.quote(request);
    if (canMeetDeadline) expect(earliestFinishMs).toBeLessThanOrEqual(request.deadlineMs);
    const client = system.submit(request);
    await system.settle();
    const { outcome } = client;
    expect(outcome?.status === 'refused' ? outcome.reason : null).toBe(refusal);
  }),
);

const wrong: Readonly<Record<string, Partial<SubmittedRequest>>> = {
  'unknown-shape': { shape: '8192x8192' },
  'invalid-shape': { shape: 'large' },
  'out-of-range': { steps: 0 },
  'too-many-steps-done': { steps: 2, startStep: 2 },
  'deadline-before-arrival': { arrivalMs: 10, deadlineMs: 9 },
};

/** What no scheduler can take is thrown back, and leaves no trace. */
const submitWrong = fc.record({ code: fc.constantFrom(...Object.keys(wrong)), draft: drafts }).map((args) =>
  command('submit-wrong', args, (system, model) => {
    const request = { ...requestOf(model, system.nowMs, args.draft), ...wrong[args.code] };
    const thrown = expect.objectContaining({ name: 'TetriError', code: args.code }) as Error;
    expect(() => system.scheduler.submit(request)).toThrow(thrown);
    expect(() => system.scheduler.quote(request)).toThrow(thrown);
  }),
);

const submitTwice = fc.nat(20).map((target) =>
  command('submit-twice', target, (system, model) => {
    const client = model.pickAlive(target);
    if (client === undefined) return;
    const request = { ...client.handle.request };
    const thrown = expect.objectContaining({ name: 'TetriError', code: 'duplicate-request' }) as Error;
    expect(() => system.scheduler.submit(request)).toThrow(thrown);
  }),
);

export const submits: readonly fc.WeightedArbitrary<Command>[] = [
  { weight: 14, arbitrary: submit },
  { weight: 4, arbitrary: submitMany },
  { weight: 3, arbitrary: quoteAndSubmit },
  { weight: 1, arbitrary: submitWrong },
  { weight: 1, arbitrary: submitTwice },
];
