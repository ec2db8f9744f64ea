import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Assignment, PlanOutcome, RoundPlan } from '../../src/model/index.js';
import { parseProfile } from '../../src/profile/index.js';
import type { GpuState, RequestState, RoundInput } from '../../src/rounds/round-input.js';
import { validatePlan, type PlanViolationCode } from '../../src/rounds/validate-plan.js';

type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;

const profile = parseProfile({
  schemaVersion: 1,
  model: 'test',
  accelerator: 'test',
  source: { kind: 'estimated' },
  degrees: [1, 2, 4, 8],
  shapes: [
    {
      id: '256x256',
      width: 256,
      height: 256,
      frames: 1,
      stepMs: { 1: 10, 2: 6, 4: 5 },
      batchStepMs: { 2: { 1: 18, 2: 10 } },
      encodeMs: 5,
      decodeMs: 7,
    },
    { id: '512x512', width: 512, height: 512, frames: 1, stepMs: { 1: 40, 2: 22, 4: 12, 8: 8 } },
    { id: '1024x1024', width: 1024, height: 1024, frames: 1, stepMs: { 8: 30 } },
  ],
});

/** Two domains of four GPUs; one request or more for each status. */
function fixture(): {
  input: Mutable<Omit<RoundInput, 'profile'>> & { profile: typeof profile };
  plan: Mutable<RoundPlan>;
} {
  const common = { arrivalMs: 0, steps: 10 };
  const running = { gpus: [4, 5], steps: 3, startMs: 950, endMs: 1100 };
  return {
    input: {
      nowMs: 1000,
      profile,
      requests: [
        { ...common, id: 'waits', shape: '512x512', deadlineMs: 9000 },
        { ...common, id: 'alone', shape: '512x512', deadlineMs: 2000, startStep: 1, stepsDone: 2, lastGpus: [0, 99] },
        { ...common, id: 'batch1', shape: '256x256', deadlineMs: 2001 },
        { ...common, id: 'batch2', shape: '256x256', deadlineMs: 2002, stepsDone: 6, encoded: false },
        { ...common, id: 'mid', shape: '512x512', deadlineMs: 2003, running },
        { ...common, id: 'later', shape: '256x256', deadlineMs: 2004, stepsDone: 1 },
        { ...common, id: 'soon', shape: '256x256', deadlineMs: 2005, arrivalMs: 1200 },
        { ...common, id: 'lost1', shape: '256x256', deadlineMs: 1010 },
        { ...common, id: 'lost2', shape: '256x256', deadlineMs: 1011 },
        { ...common, id: 'huge', shape: '1024x1024', deadlineMs: 9001 },
      ],
      gpus: [
        { id: 7, domain: 1, busyUntilMs: 3 },
        { id: 0 },
        { id: 1 },
        { id: 2 },
        { id: 3, busyUntilMs: 1050 },
        { id: 4, domain: 1 },
        { id: 5, domain: 1 },
        { id: 6, domain: 1 },
      ],
    },
    plan: {
      startMs: 1000,
      endMs: 1200,
      assignments: [
        { requestIds: ['alone'], gpus: [1, 0], degree: 2, steps: 5, startMs: 1000, endMs: 1110 },
        { requestIds: ['batch1', 'batch2'], gpus: [2], degree: 1, steps: 4, startMs: 1000, endMs: 1082 },
        { requestIds: ['later'], gpus: [3], degree: 1, steps: 9, startMs: 1050, endMs: 1140 },
        { requestIds: ['lost1'], gpus: [6], degree: 1, steps: 10, startMs: 1000.5, endMs: 1105.5 },
      ],
      outcomes: [
        { requestId: 'lost1', status: 'best-effort', reason: 'late-running' },
        { requestId: 'lost2', status: 'best-effort', reason: 'late-waiting' },
        { requestId: 'alone', status: 'running', reason: 'least-gpu-time' },
        { requestId: 'batch1', status: 'running', reason: 'batched' },
        { requestId: 'batch2', status: 'running', reason: 'batched' },
        { requestId: 'mid', status: 'running', reason: 'mid-chunk' },
        { requestId: 'later', status: 'running', reason: 'idle-gpus' },
        { requestId: 'soon', status: 'deferred', reason: 'not-arrived' },
        { requestId: 'waits', status: 'deferred', reason: 'can-wait' },
        { requestId: 'huge', status: 'infeasible', reason: 'no-fitting-degree' },
      ],
    },
  };
}

type Fixture = ReturnType<typeof fixture>;

const request = ({ input }: Fixture, id: string): Mutable<RequestState> =>
  input.requests.find((candidate) => candidate.id === id)!;
const outcome = ({ plan }: Fixture, id: string): Mutable<PlanOutcome> =>
  plan.outcomes.find((candidate) => candidate.requestId === id)!;
const assignment = ({ plan }: Fixture, index: number): Mutable<Assignment> => plan.assignments[index]!;
const shift = (target: Mutable<Assignment>, ms: number): void => {
  target.startMs += ms;
  target.endMs += ms;
};
const codes = (input: RoundInput, plan: RoundPlan): PlanViolationCode[] => [
  ...new Set(validatePlan(input, plan).map((violation) => violation.code)),
];

/** A damage breaks the rule of its code and no other. */
const damages: readonly [code: PlanViolationCode, what: string, path: string, damage: (it: Fixture) => void][] = [
  ['malformed', 'NaN for a start', 'assignments[0].startMs', (it) => (assignment(it, 0).startMs = NaN)],
  ['malformed', 'an end that is missing', 'endMs', (it) => Reflect.deleteProperty(it.plan, 'endMs')],
  ['malformed', 'a GPU by name', 'assignments[0].gpus[1]', (it) => (assignment(it, 0).gpus[1] = '0' as never)],
  ['start-not-now', 'starts later', 'startMs', (it) => (it.plan.startMs = 1001)],
  ['end-not-after-start', 'ends as it starts', 'endMs', (it) => (it.plan.endMs = 1000)],
  [
    'assignments-order',
    'swapped',
    'assignments[1]',
    (it) => it.plan.assignments.splice(0, 0, ...it.plan.assignments.splice(1, 1)),
  ],
  [
    'no-request',
    'nobody',
    'assignments[4].requestIds',
    (it) => it.plan.assignments.push({ ...assignment(it, 0), gpus: [7], degree: 1, requestIds: [] }),
  ],
  [
    'unknown-request',
    'a stranger',
    'assignments[4].requestIds[0]',
    (it) => it.plan.assignments.push({ ...assignment(it, 0), gpus: [7], degree: 1, requestIds: ['stranger'] }),
  ],
  [
    'unknown-request',
    'the outcome of a stranger',
    'outcomes[10].requestId',
    (it) => it.plan.outcomes.push({ requestId: 'stranger', status: 'deferred', reason: 'can-wait' }),
  ],
  [
    'duplicate-request',
    'across assignments',
    'assignments[4].requestIds[0]',
    (it) => it.plan.assignments.push({ ...assignment(it, 3), gpus: [7] }),
  ],
  [
    'duplicate-request',
    'within one',
    'assignments[1].requestIds[1]',
    (it) => {
      Object.assign(assignment(it, 1), { requestIds: ['batch1', 'batch1'] });
      Object.assign(outcome(it, 'batch2'), { status: 'deferred', reason: 'can-wait' });
    },
  ],
  [
    'mid-chunk-request',
    'its steps have not ended',
    'assignments[4].requestIds[0]',
    (it) =>
      it.plan.assignments.push({ requestIds: ['mid'], gpus: [7], degree: 1, steps: 1, startMs: 1000, endMs: 1040 }),
  ],
  [
    'before-arrival',
    'starts before the last member arrives',
    'assignments[1].startMs',
    (it) => (request(it, 'batch1').arrivalMs = 1000.001),
  ],
  ['unknown-gpu', 'a GPU that is gone', 'assignments[0].gpus[1]', (it) => (assignment(it, 0).gpus[1] = 99)],
  ['unknown-gpu', 'half a GPU', 'assignments[0].gpus[1]', (it) => (assignment(it, 0).gpus[1] = 0.5)],
  ['duplicate-gpu', 'within one', 'assignments[0].gpus[1]', (it) => (assignment(it, 0).gpus[1] = 1)],
  ['duplicate-gpu', 'across assignments', 'assignments[1].gpus[0]', (it) => (assignment(it, 1).gpus[0] = 1)],
  ['split-domain', 'two domains', 'assignments[0].gpus', (it) => (assignment(it, 0).gpus[1] = 7)],
  ['wrong-degree', 'more GPUs than the degree', 'assignments[3].degree', (it) => assignment(it, 3).gpus.push(7)],
  [
    'unknown-degree',
    'three',
    'assignments[3].degree',
    (it) => Object.assign(assignment(it, 3), { gpus: [6, 7, 4], degree: 3, startMs: 1100, endMs: 1200 }),
  ],
  ['wrong-steps', 'none', 'assignments[0].steps', (it) => Object.assign(assignment(it, 0), { steps: 0, endMs: 1000 })],
  [
    'wrong-steps',
    'half a step',
    'assignments[0].steps',
    (it) => Object.assign(assignment(it, 0), { steps: 4.5, endMs: 1099 }),
  ],
  [
    'too-many-steps',
    'more than one of the members has left',
    'assignments[1].steps',
    (it) => Object.assign(assignment(it, 1), { steps: 5, endMs: 1100 }),
  ],
  [
    'too-many-steps',
    'steps that a cache hit skipped',
    'assignments[3].steps',
    (it) => (request(it, 'lost1').startStep = 1),
  ],
  ['before-now', 'started already', 'assignments[0].startMs', (it) => shift(assignment(it, 0), -0.001)],
  ['gpu-busy', 'until a given time', 'assignments[2].startMs', (it) => shift(assignment(it, 2), -0.001)],
  ['gpu-busy', 'until its chunk ends', 'assignments[3].startMs', (it) => (assignment(it, 3).gpus = [5])],
  ['wrong-duration', 'a little too short', 'assignments[0].endMs', (it) => (assignment(it, 0).endMs -= 0.0001)],
  ['wrong-duration', 'a little too long', 'assignments[0].endMs', (it) => (assignment(it, 0).endMs += 0.0001)],
  ['wrong-duration', 'without encoding', 'assignments[3].endMs', (it) => (assignment(it, 3).endMs -= 5)],
  ['wrong-duration', 'members encoded side by side', 'assignments[1].endMs', (it) => (assignment(it, 1).endMs -= 5)],
  ['wrong-duration', 'encoded once more', 'assignments[2].endMs', (it) => (assignment(it, 2).endMs += 5)],
  ['wrong-duration', 'a batch in the time of one', 'assignments[1].endMs', (it) => (assignment(it, 1).endMs = 1050)],
  [
    'mixed-shapes',
    'a batch of two shapes',
    'assignments[1].requestIds',
    (it) => (request(it, 'batch2').shape = '512x512'),
  ],
  [
    'unmeasured-batch',
    'at this degree',
    'assignments[2].requestIds',
    (it) =>
      Object.assign(assignment(it, 1), { gpus: [6, 7, 4, 5], degree: 4, startMs: 1100, endMs: 1200 }) &&
      it.plan.assignments.splice(1, 3, assignment(it, 2), assignment(it, 1)) &&
      Object.assign(outcome(it, 'lost1'), { reason: 'late-waiting' }),
  ],
  ['missing-outcome', 'the last one', 'outcomes', (it) => it.plan.outcomes.pop()],
  ['duplicate-outcome', 'twice', 'outcomes[4]', (it) => it.plan.outcomes.splice(3, 0, outcome(it, 'batch1'))],
  ['outcomes-order', 'swapped', 'outcomes[1]', (it) => it.plan.outcomes.splice(0, 0, ...it.plan.outcomes.splice(1, 1))],
  [
    'unknown-reason',
    'a status that is none',
    'outcomes[8]',
    (it) => (outcome(it, 'waits').status = 'waiting' as never),
  ],
  [
    'unknown-reason',
    'a reason that is none',
    'outcomes[8]',
    (it) => (outcome(it, 'waits').reason = 'constructor' as never),
  ],
  [
    'unknown-reason',
    'a reason of another status',
    'outcomes[8]',
    (it) => (outcome(it, 'waits').reason = 'late-waiting'),
  ],
  [
    'not-running',
    'running without GPUs',
    'outcomes[8]',
    (it) => Object.assign(outcome(it, 'waits'), { status: 'running', reason: 'idle-gpus' }),
  ],
  ['not-running', 'late-running without GPUs', 'outcomes[1]', (it) => (outcome(it, 'lost2').reason = 'late-running')],
  ['not-waiting', 'late-waiting with GPUs', 'outcomes[0]', (it) => (outcome(it, 'lost1').reason = 'late-waiting')],
  [
    'not-waiting',
    'deferred with GPUs',
    'outcomes[2]',
    (it) => Object.assign(outcome(it, 'alone'), { status: 'deferred', reason: 'no-capacity' }),
  ],
  [
    'not-waiting',
    'deferred in mid-chunk',
    'outcomes[5]',
    (it) => Object.assign(outcome(it, 'mid'), { status: 'deferred', reason: 'no-capacity' }),
  ],
  ['wrong-reason', 'mid-chunk, but newly assigned', 'outcomes[2]', (it) => (outcome(it, 'alone').reason = 'mid-chunk')],
  ['wrong-reason', 'mid-chunk for another reason', 'outcomes[5]', (it) => (outcome(it, 'mid').reason = 'scaled-up')],
  ['wrong-reason', 'batched alone', 'outcomes[2]', (it) => (outcome(it, 'alone').reason = 'batched')],
  ['wrong-reason', 'not arrived, but it has', 'outcomes[8]', (it) => (outcome(it, 'waits').reason = 'not-arrived')],
  ['wrong-reason', 'can wait, but has not arrived', 'outcomes[7]', (it) => (outcome(it, 'soon').reason = 'can-wait')],
  ['wrong-reason', 'no GPUs, but there are some', 'outcomes[9]', (it) => (outcome(it, 'huge').reason = 'no-gpus')],
  [
    'late',
    'running, but definitely late',
    'outcomes[2]',
    (it) =>
      Object.assign(request(it, 'alone'), { deadlineMs: 1095.99 }) &&
      it.plan.outcomes.sort((a, b) => request(it, a.requestId).deadlineMs - request(it, b.requestId).deadlineMs),
  ],
  [
    'late',
    'cannot wait for the next round',
    'outcomes[2]',
    (it) =>
      (request(it, 'waits').deadlineMs = 1319.99) &&
      it.plan.outcomes.sort((a, b) => request(it, a.requestId).deadlineMs - request(it, b.requestId).deadlineMs),
  ],
  [
    'not-late',
    'with GPUs',
    'outcomes[2]',
    (it) => Object.assign(outcome(it, 'alone'), { status: 'best-effort', reason: 'late-running' }),
  ],
  [
    'not-late',
    'without GPUs',
    'outcomes[8]',
    (it) => Object.assign(outcome(it, 'waits'), { status: 'best-effort', reason: 'late-waiting' }),
  ],
  [
    'not-late',
    'mid-chunk',
    'outcomes[5]',
    (it) => Object.assign(outcome(it, 'mid'), { status: 'best-effort', reason: 'late-running' }),
  ],
  [
    'batched-alone',
    'a member is not batchable',
    'assignments[1].requestIds[0]',
    (it) => Object.assign(request(it, 'batch1'), { batchable: false }),
  ],
  [
    'not-infeasible',
    'a degree fits',
    'outcomes[8]',
    (it) => Object.assign(outcome(it, 'waits'), { status: 'infeasible', reason: 'no-fitting-degree' }),
  ],
];

describe('a plan that is damaged in one place', () => {
  it.each(damages)('breaks %s: %s', (code, _, path, damage) => {
    const it = fixture();
    damage(it);
    expect(codes(it.input, it.plan)).toEqual([code]);
    expect(validatePlan(it.input, it.plan).map((violation) => violation.path)).toContain(path);
  });

  it('covers every code', () => {
    // Kept complete by the type: a code that is added does not compile until it stands here.
    const all: Record<PlanViolationCode, true> = {
      malformed: true,
      'start-not-now': true,
      'end-not-after-start': true,
      'assignments-order': true,
      'no-request': true,
      'unknown-request': true,
      'duplicate-request': true,
      'mid-chunk-request': true,
      'before-arrival': true,
      'unknown-gpu': true,
      'duplicate-gpu': true,
      'split-domain': true,
      'wrong-degree': true,
      'unknown-degree': true,
      'wrong-steps': true,
      'too-many-steps': true,
      'before-now': true,
      'gpu-busy': true,
      'wrong-duration': true,
      'mixed-shapes': true,
      'unmeasured-batch': true,
      'batched-alone': true,
      'missing-outcome': true,
      'duplicate-outcome': true,
      'outcomes-order': true,
      'unknown-reason': true,
      'not-running': true,
      'not-waiting': true,
      'wrong-reason': true,
      late: true,
      'not-late': true,
      'not-infeasible': true,
    };
    expect(new Set(damages.map(([code]) => code))).toEqual(new Set(Object.keys(all)));
  });
});

describe('a valid plan', () => {
  it('breaks no rule', () => {
    const { input, plan } = fixture();
    expect(validatePlan(input, plan)).toEqual([]);
  });

  it.each<[string, (it: Fixture) => void]>([
    ['an open end', (it) => (it.plan.endMs = null)],
    [
      'the explicit defaults',
      (it) =>
        it.input.requests.forEach((r) =>
          Object.assign(r, { startStep: r.startStep ?? 0, stepsDone: r.stepsDone ?? 0, lastGpus: [], weight: 1 }),
        ),
    ],
    ['a time that differs by rounding', (it) => (assignment(it, 0).endMs += 1e-7)],
    ['a start that differs by rounding', (it) => shift(assignment(it, 2), -1e-7)],
    [
      'a late request in mid-chunk that runs',
      (it) => (request(it, 'mid').deadlineMs = 2002.5) && (request(it, 'mid').running!.endMs = 2000),
    ],
    [
      'a late request in mid-chunk on best effort',
      (it) =>
        (request(it, 'mid').running!.endMs = 2000) &&
        Object.assign(outcome(it, 'mid'), { status: 'best-effort', reason: 'late-running' }),
    ],
    [
      'a busy GPU that the caller says is free',
      (it) => Object.assign(it.input.gpus[6]!, { busyUntilMs: 0 }) && (assignment(it, 3).gpus = [5]),
    ],
    ['another name of one shape', (it) => (request(it, 'batch1').shape = '256x256x1')],
  ])('may have %s', (_, change) => {
    const it = fixture();
    change(it);
    expect(validatePlan(it.input, it.plan)).toEqual([]);
  });

  it('may call a request late or not where the deadline is met to the point', () => {
    const base = { id: 'a', shape: '256x256', steps: 3, arrivalMs: 0 };
    const verdict = (deadlineMs: number, status: string, reason: string): PlanViolationCode[] =>
      codes(
        { nowMs: 100, gpus: [{ id: 0 }, { id: 1 }], requests: [{ ...base, deadlineMs }], profile },
        { startMs: 100, endMs: null, assignments: [], outcomes: [{ requestId: 'a', status, reason } as PlanOutcome] },
      );
    // Encoding, three steps at degree 2 (4 does not fit) and decoding.
    const endMs = 100 + 5 + 3 * 6 + 7;
    expect(verdict(endMs, 'deferred', 'can-wait')).toEqual([]);
    expect(verdict(endMs, 'best-effort', 'late-waiting')).toEqual([]);
    expect(verdict(endMs - 0.001, 'deferred', 'can-wait')).toEqual(['late']);
    expect(verdict(endMs - 0.001, 'deferred', 'no-capacity')).toEqual([]);
    expect(verdict(endMs + 0.001, 'best-effort', 'late-waiting')).toEqual(['not-late']);
  });

  it('has no assignment where there are no GPUs', () => {
    const input = {
      nowMs: 0,
      gpus: [],
      requests: [{ id: 'a', shape: '256x256', steps: 3, arrivalMs: 0, deadlineMs: 5000 }],
      profile,
    };
    const plan = (reason: 'no-gpus' | 'no-fitting-degree'): RoundPlan => ({
      startMs: 0,
      endMs: 10,
      assignments: [],
      outcomes: [{ requestId: 'a', status: 'infeasible', reason }],
    });
    expect(validatePlan(input, plan('no-gpus'))).toEqual([]);
    expect(validatePlan(input, plan('no-fitting-degree'))).toEqual([]);
  });

  it('is judged alike on an epoch clock', () => {
    const epoch = 1_790_000_000_000.25;
    const { input, plan } = fixture();
    for (const r of input.requests) {
      Object.assign(r, { arrivalMs: r.arrivalMs + epoch, deadlineMs: r.deadlineMs + epoch });
      if (r.running) shift(r.running as never, epoch);
    }
    for (const gpu of input.gpus) if (gpu.busyUntilMs !== undefined) gpu.busyUntilMs += epoch;
    for (const a of plan.assignments)
      Object.assign(a, { startMs: a.startMs + epoch, endMs: a.startMs + epoch + (a.endMs - a.startMs) * (1 + 1e-15) });
    Object.assign(plan, { startMs: 1000 + epoch, endMs: 1200 + epoch });
    input.nowMs += epoch;
    expect(validatePlan(input, plan)).toEqual([]);
    plan.assignments[0]!.endMs -= 0.1;
    expect(codes(input, plan)).toEqual(['wrong-duration']);
  });
});

describe('garbage', () => {
  /** Every path to a value inside the plan. */
  function paths(value: unknown, at: readonly string[] = []): (readonly string[])[] {
    if (typeof value !== 'object' || value === null) return [at];
    return [at, ...Object.entries(value).flatMap(([key, inner]) => paths(inner, [...at, key]))];
  }
  const replace = (root: object, path: readonly string[], value: unknown): unknown => {
    const copy = { root: structuredClone(root) };
    let target = copy as Record<string, unknown>;
    const keys = ['root', ...path];
    for (const key of keys.slice(0, -1)) target = target[key] as Record<string, unknown>;
    target[keys.at(-1)!] = value;
    return copy.root;
  };

  it.each(paths(fixture().plan).map((path) => [path.join('.'), path] as const))('at "%s" is a violation', (_, path) => {
    const { input, plan } = fixture();
    for (const value of [undefined, null, NaN, Infinity, true, {}, '', 'x', -1.5, [[]], ['__proto__']]) {
      if (path.join('.') === 'endMs' && value === null) continue;
      expect([value, ...codes(input, replace(plan, path, value) as RoundPlan)]).not.toEqual([value]);
    }
  });

  it('never makes it throw', () => {
    const { input, plan } = fixture();
    fc.assert(
      fc.property(fc.constantFrom(...paths(plan)), fc.anything(), (path, value) => {
        expect(validatePlan(input, replace(plan, path, value) as RoundPlan)).toBeInstanceOf(Array);
      }),
    );
  });

  it('of a great length does not exhaust the stack', () => {
    const { input, plan } = fixture();
    Object.assign(plan.assignments[0]!, {
      requestIds: Array<string>(200_000).fill('alone'),
      gpus: Array<number>(200_000).fill(0),
    });
    expect(codes(input, plan)).toContain('duplicate-request');
  });

  it('in the profile of the input is an error', () => {
    const { input, plan } = fixture();
    input.requests[0]!.shape = '9999x9999';
    expect(() => validatePlan(input, plan)).toThrow(
      expect.objectContaining({ code: 'unknown-shape', path: 'requests[0].shape' }),
    );
  });
});

interface Draw {
  readonly nowMs: number;
  readonly requests: readonly RequestState[];
  readonly domains: readonly number[];
  readonly busy: readonly number[];
  readonly choices: readonly number[];
}

const draw: fc.Arbitrary<Draw> = fc.record({
  nowMs: fc.integer({ min: 0, max: 1000 }),
  requests: fc.uniqueArray(
    fc
      .record({
        id: fc.string({ minLength: 1, maxLength: 4 }),
        shape: fc.constantFrom('256x256', '512x512', '1024x1024', '400x400'),
        steps: fc.integer({ min: 1, max: 30 }),
        arrivalMs: fc.integer({ min: 0, max: 1200 }),
        slackMs: fc.integer({ min: 0, max: 800 }),
        doneShare: fc.double({ min: 0, max: 0.99, noNaN: true }),
        encoded: fc.option(fc.boolean(), { nil: undefined }),
      })
      .map(({ slackMs, doneShare, encoded, ...rest }): RequestState => ({
        ...rest,
        deadlineMs: rest.arrivalMs + slackMs,
        stepsDone: Math.floor(rest.steps * doneShare),
        ...(encoded === undefined ? {} : { encoded }),
      })),
    { selector: (r) => r.id, maxLength: 12 },
  ),
  domains: fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 10 }),
  busy: fc.array(fc.integer({ min: 0, max: 1500 }), { minLength: 10, maxLength: 10 }),
  choices: fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
});

/** A planner that is too simple to be wrong: each request in turn takes some of the GPUs that are left in a domain. */
function naivePlan({ nowMs, requests, domains, busy, choices }: Draw): { input: RoundInput; plan: Mutable<RoundPlan> } {
  const gpus: GpuState[] = domains.map((domain, id) => ({ id, domain, busyUntilMs: busy[id]! }));
  const left = new Set(gpus.map((gpu) => gpu.id));
  const sizes = [0, 1].map((domain) => domains.filter((d) => d === domain).length);
  const plan: Mutable<RoundPlan> = { startMs: nowMs, endMs: nowMs + 1, assignments: [], outcomes: [] };
  const inOrder = [...requests].sort(
    (a, b) => a.deadlineMs - b.deadlineMs || a.arrivalMs - b.arrivalMs || (a.id < b.id ? -1 : 1),
  );
  inOrder.forEach((r, index) => {
    const choice = choices[index]!;
    const times = profile.shape(r.shape);
    const remaining = r.steps - (r.stepsDone ?? 0);
    const encodeMs = (r.encoded ?? (r.stepsDone ?? 0) > 0) ? 0 : times.encodeMs;
    const fitting = times.degrees.filter((degree) => degree <= Math.max(...sizes));
    const best = Math.min(...fitting.map((degree) => times.stepMs[times.degrees.indexOf(degree)]!));
    const endMs = Math.max(nowMs, r.arrivalMs) + encodeMs + remaining * best + times.decodeMs;
    const put = (status: string, reason: string): void => {
      plan.outcomes.push({ requestId: r.id, status, reason } as PlanOutcome);
    };
    if (fitting.length === 0) return put('infeasible', domains.length === 0 ? 'no-gpus' : 'no-fitting-degree');
    const degree = fitting[choice % fitting.length]!;
    const own = gpus.filter((gpu) => left.has(gpu.id) && gpu.domain === choice % 2).slice(0, degree);
    const isLate = endMs > r.deadlineMs;
    if (choice % 3 === 0 || own.length < degree) {
      if (isLate) put('best-effort', 'late-waiting');
      else put('deferred', r.arrivalMs > nowMs ? 'not-arrived' : 'no-capacity');
      return;
    }
    own.forEach((gpu) => left.delete(gpu.id));
    const startMs = Math.max(nowMs, r.arrivalMs, ...own.map((gpu) => gpu.busyUntilMs!));
    const steps = 1 + (choice % remaining);
    const stepMs = times.stepMs[times.degrees.indexOf(degree)]!;
    plan.assignments.push({
      requestIds: [r.id],
      gpus: own.map((gpu) => gpu.id),
      degree,
      steps,
      startMs,
      endMs: startMs + encodeMs + steps * stepMs,
    });
    put(isLate ? 'best-effort' : 'running', isLate ? 'late-running' : 'fixed-degree');
  });
  plan.assignments.sort((a, b) => a.gpus[0]! - b.gpus[0]!);
  return { input: { nowMs, requests, gpus, profile }, plan };
}

describe('a naive planner', () => {
  it('makes valid plans, also after JSON and whatever the order of the input', () => {
    fc.assert(
      fc.property(draw, (drawn) => {
        const { input, plan } = naivePlan(drawn);
        expect(validatePlan(input, plan)).toEqual([]);
        expect(validatePlan(input, JSON.parse(JSON.stringify(plan)) as RoundPlan)).toEqual([]);
        const reversed = { ...input, requests: input.requests.toReversed(), gpus: input.gpus.toReversed() };
        expect(validatePlan(reversed, plan)).toEqual([]);
      }),
    );
  });

  it.each<[PlanViolationCode, (a: Mutable<Assignment>, input: RoundInput) => void]>([
    ['wrong-duration', (a) => (a.endMs += 0.01)],
    ['wrong-duration', (a) => (a.endMs -= 0.01)],
    ['too-many-steps', (a) => (a.steps = 31)],
    ['wrong-steps', (a) => (a.steps -= 0.5)],
    ['wrong-degree', (a) => (a.degree += 1)],
    ['duplicate-request', (a) => a.requestIds.push(a.requestIds[0]!)],
    ['duplicate-gpu', (a) => a.gpus.push(a.gpus[0]!)],
    ['unknown-gpu', (a) => (a.gpus[0] = 1000)],
    ['before-now', (a, { nowMs }) => (a.startMs = nowMs - 0.01)],
    ['gpu-busy', (a, { gpus }) => (a.startMs = Math.max(...a.gpus.map((id) => gpus[id]!.busyUntilMs!)) - 0.01)],
    [
      'before-arrival',
      (a, { requests }) => (a.startMs = requests.find((r) => r.id === a.requestIds[0])!.arrivalMs - 0.01),
    ],
    ['not-running', (a) => (a.requestIds = ['another, unknown'])],
  ])('is caught at %s', (code, damage) => {
    fc.assert(
      fc.property(draw, fc.nat(), (drawn, index) => {
        const { input, plan } = naivePlan(drawn);
        fc.pre(plan.assignments.length > 0);
        damage(plan.assignments[index % plan.assignments.length]!, input);
        expect(codes(input, plan)).toContain(code);
      }),
    );
  });

  it('is caught when any two outcomes change places', () => {
    fc.assert(
      fc.property(draw, fc.nat(), fc.nat(), (drawn, a, b) => {
        const { input, plan } = naivePlan(drawn);
        const { length } = plan.outcomes;
        fc.pre(length > 1 && a % length !== b % length);
        const { outcomes } = plan;
        [outcomes[a % length], outcomes[b % length]] = [outcomes[b % length]!, outcomes[a % length]!];
        expect(codes(input, plan)).toEqual(['outcomes-order']);
      }),
    );
  });
});

// Comparing all pairs would take minutes; linear time stays far below the limit even on a busy machine.
it('checks a plan of 100,000 assignments in seconds', () => {
  const ids = Array.from({ length: 100_000 }, (_, index) => index);
  const name = (id: number): string => `r${String(id).padStart(6, '0')}`;
  const input: RoundInput = {
    nowMs: 0,
    profile,
    gpus: ids.map((id) => ({ id, domain: id >> 3 })),
    requests: ids.map((id) => ({ id: name(id), shape: '512x512', steps: 10, arrivalMs: 0, deadlineMs: 1000 })),
  };
  const plan: RoundPlan = {
    startMs: 0,
    endMs: null,
    assignments: ids.map((id) => ({
      requestIds: [name(id)],
      gpus: [id],
      degree: 1,
      steps: 10,
      startMs: 0,
      endMs: 400,
    })),
    outcomes: ids.map((id) => ({ requestId: name(id), status: 'running', reason: 'fixed-degree' })),
  };
  const before = performance.now();
  expect(validatePlan(input, plan)).toEqual([]);
  expect(performance.now() - before).toBeLessThan(5000);
}, 30_000);
