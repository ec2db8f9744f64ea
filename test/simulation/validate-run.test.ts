import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCluster, type GenerationRequest } from '../../src/model/index.js';
import { parseProfile } from '../../src/profile/index.js';
import { parseRunLog, formatRunLog } from '../../src/simulation/run-log-format.js';
import type { ChunkRecord, RequestRecord } from '../../src/simulation/run-log.js';
import { validateRun, type RunVerdict, type RunViolationCode } from '../../src/simulation/validate-run.js';

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
      stepCv: 0.02,
    },
    { id: '512x512', width: 512, height: 512, frames: 1, stepMs: { 1: 40, 2: 22, 4: 12, 8: 8 }, stepCv: 0.05 },
    { id: '1024x1024', width: 1024, height: 1024, frames: 1, stepMs: { 8: 30 }, decodeMs: 9 },
  ],
});

interface Run {
  log: Mutable<ChunkRecord>[];
  requests: Mutable<GenerationRequest>[];
  records: Mutable<RequestRecord>[];
}

/** A batch that is encoded together, a request that loses a GPU, one that is cancelled, one that is never served. */
function fixture(): Run {
  const request = { shape: '512x512', steps: 4, arrivalMs: 10, deadlineMs: 1000 };
  return {
    requests: [
      { ...request, id: 'b1', shape: '256x256' },
      { ...request, id: 'b2', shape: '256x256', steps: 6, startStep: 2, deadlineMs: 106 },
      { ...request, id: 'loser', steps: 6 },
      { ...request, id: 'quitter' },
      { ...request, id: 'unserved', shape: '9999x9999' },
    ],
    log: [
      { requestIds: ['b1', 'b2'], gpus: [0], degree: 1, startMs: 10, endMs: 20, steps: 0, stage: 'encode' },
      {
        requestIds: ['b1', 'b2'],
        gpus: [0, 1],
        degree: 2,
        startMs: 20,
        endMs: 60,
        steps: 4,
        fromSteps: [0, 2],
        stage: 'denoise',
      },
      { requestIds: ['b1'], gpus: [0], degree: 1, startMs: 60, endMs: 67, steps: 0, stage: 'decode' },
      { requestIds: ['b2'], gpus: [1], degree: 1, startMs: 100, endMs: 107, steps: 0, stage: 'decode' },
      { requestIds: ['loser'], gpus: [2, 3], degree: 2, startMs: 10, endMs: 54, steps: 2 },
      { requestIds: ['loser'], gpus: [2, 3], degree: 2, startMs: 54, endMs: 60, steps: 0, cut: 'gpu-lost' },
      { requestIds: ['loser'], gpus: [2], degree: 1, startMs: 60, endMs: 260, steps: 5, fromSteps: [1] },
      { requestIds: ['quitter'], gpus: [4, 5, 6, 7], degree: 4, startMs: 10, endMs: 34, steps: 2, cut: 'cancelled' },
    ],
    records: [
      { requestId: 'b1', status: 'completed', endMs: 67, onTime: true },
      { requestId: 'b2', status: 'completed', endMs: 107, onTime: false },
      { requestId: 'loser', status: 'completed', endMs: 260, onTime: true },
      { requestId: 'quitter', status: 'cancelled', endMs: 30, onTime: false },
      { requestId: 'unserved', status: 'unfinished', endMs: null, onTime: false },
    ],
  };
}

const cluster = createCluster(8, 4);
const validate = ({ log, requests, records }: Run): RunVerdict =>
  validateRun(log, { requests }, profile, { cluster, records });
const codesOf = (verdict: RunVerdict): RunViolationCode[] => [...new Set(verdict.violations.map(({ code }) => code))];

/** A damage breaks the rule of its code and no other. */
const damages: readonly [
  code: RunViolationCode,
  what: string,
  line: number | null,
  requestId: string | null,
  damage: (run: Run) => void,
][] = [
  ['malformed', 'no chunk', 9, null, ({ log }) => log.push(null as never)],
  ['malformed', 'served nobody', 9, null, ({ log }) => log.push({ ...log[0]!, requestIds: [] })],
  ['malformed', 'NaN', 9, null, ({ log }) => log.push({ ...log[0]!, endMs: NaN })],
  ['malformed', 'half a step', 9, null, ({ log }) => log.push({ ...log[4]!, steps: 1.5 })],
  ['malformed', 'one start for two members', 9, null, ({ log }) => log.push({ ...log[1]!, fromSteps: [0] })],
  [
    'unknown-request',
    'a stranger runs',
    1,
    'stranger',
    ({ log }) => log.unshift({ requestIds: ['stranger'], gpus: [7], degree: 1, startMs: 0, endMs: 9, steps: 1 }),
  ],
  [
    'unknown-request',
    'a stranger has a record',
    null,
    'stranger',
    ({ records }) => records.push({ ...records[0]!, requestId: 'stranger' }),
  ],
  [
    'duplicate-request',
    'decoded twice at once',
    3,
    'b1',
    ({ log, records }) => Object.assign(log[2]!, { requestIds: ['b1', 'b1'], endMs: (records[0]!.endMs = 74) }),
  ],
  ['duplicate-gpu', 'counts twice', 2, null, ({ log }) => (log[1]!.gpus = [0, 0])],
  ['unknown-gpu', 'not in the cluster', 8, null, ({ log }) => (log[7]!.gpus[3] = 8)],
  ['split-domain', 'two domains', 3, null, ({ log }) => Object.assign(log[2]!, { gpus: [0, 7], degree: 2 })],
  ['wrong-degree', 'more GPUs than said', 7, null, ({ log }) => log[6]!.gpus.push(3)],
  ['wrong-degree', 'while decoding', 3, null, ({ log }) => (log[2]!.degree = 2)],
  [
    'unknown-shape',
    'served, but not in the profile',
    9,
    'unserved',
    ({ log }) => log.push({ requestIds: ['unserved'], gpus: [7], degree: 1, startMs: 50, endMs: 60, steps: 1 }),
  ],
  ['unknown-degree', 'three', 8, null, ({ log }) => Object.assign(log[7]!, { degree: 3, gpus: [4, 5, 6] })],
  ['mixed-shapes', 'two shapes', 2, null, ({ requests }) => (requests[1]!.shape = '512x512')],
  [
    'unmeasured-batch',
    'at this degree',
    2,
    null,
    ({ log }) => Object.assign(log[1]!, { degree: 4, gpus: [4, 5, 6, 7], startMs: 34 }),
  ],
  [
    'unmeasured-batch',
    'of this shape',
    8,
    null,
    ({ log, requests, records }) => {
      requests.push({ ...requests[3]!, id: 'other' });
      records.push({ ...records[3]!, requestId: 'other' });
      log[7]!.requestIds.push('other');
    },
  ],
  ['wrong-steps', 'steps while encoding', 1, null, ({ log }) => (log[0]!.steps = 1)],
  [
    'wrong-steps',
    'denoising without steps',
    8,
    null,
    ({ log }) => (log[7]!.steps = 0) || Reflect.deleteProperty(log[7]!, 'cut'),
  ],
  [
    'ends-before-start',
    'time runs backwards',
    8,
    null,
    ({ log }) => Object.assign(log[7]!, { startMs: 25, endMs: 24 }),
  ],
  ['too-fast', 'denoising', 5, null, ({ log }) => (log[4]!.endMs -= 0.001)],
  ['too-fast', 'denoising that was cut', 8, null, ({ log }) => (log[7]!.endMs -= 0.001)],
  ['too-fast', 'a batch', 2, null, ({ log }) => (log[1]!.endMs -= 0.001)],
  ['too-fast', 'encoding', 1, null, ({ log }) => (log[0]!.endMs -= 0.001)],
  ['too-fast', 'decoding', 3, null, ({ log, records }) => (records[0]!.endMs = log[2]!.endMs -= 0.001)],
  ['before-arrival', 'just before', 5, 'loser', ({ log }) => (log[4]!.startMs -= 0.001)],
  ['before-arrival', 'one member of a batch', 1, 'b2', ({ requests }) => (requests[1]!.arrivalMs = 10.001)],
  [
    'gpu-overlap',
    'before the last one ended',
    7,
    null,
    ({ log, records }) => {
      log[1]!.endMs = 60.001;
      Object.assign(log[2]!, { startMs: 61, endMs: (records[0]!.endMs = 68) });
      log[3]!.gpus = [0];
      log[6]!.gpus = [1];
    },
  ],
  [
    'gpu-overlap',
    'within a longer chunk',
    8,
    null,
    ({ log, records }) =>
      Object.assign(log[7]!, { gpus: [2], degree: 1, startMs: 70, endMs: (records[3]!.endMs = 160) }),
  ],
  [
    'request-overlap',
    'decoding while denoising',
    4,
    'b2',
    ({ log }) => Object.assign(log[3]!, { startMs: 59.999, gpus: [4] }),
  ],
  ['not-encoded', 'never', 2, 'b2', ({ log }) => Object.assign(log[0]!, { requestIds: ['b1'] })],
  ['not-encoded', 'cancelled', 2, 'b1', ({ log }) => (log[0]!.cut = 'cancelled')],
  [
    'not-encoded',
    'afterwards',
    2,
    'b2',
    ({ log }) =>
      log.push({ ...log[0]!, requestIds: ['b2'], startMs: 60, endMs: 70, gpus: [7] }) && (log[0]!.requestIds = ['b1']),
  ],
  [
    'steps-out-of-order',
    'skipped a step',
    7,
    'loser',
    ({ log }) => Object.assign(log[6]!, { fromSteps: [3], steps: 3 }),
  ],
  ['steps-out-of-order', 'went back without a loss', 7, 'loser', ({ log }) => (log[5]!.cut = 'cancelled')],
  [
    'steps-out-of-order',
    'went back twice for one loss',
    9,
    'loser',
    ({ log, records }) => {
      Object.assign(log[6]!, { steps: 3, endMs: 180 });
      log.push({ ...log[6]!, fromSteps: [2], steps: 4, startMs: 180, endMs: 340 });
      records[2]!.endMs = 340;
    },
  ],
  [
    'steps-out-of-order',
    'lost before, but went forward',
    7,
    'loser',
    ({ log }) => Object.assign(log[6]!, { fromSteps: [4], steps: 2 }),
  ],
  ['steps-out-of-order', 'went back before its start step', 7, 'loser', ({ requests }) => (requests[2]!.startStep = 2)],
  [
    'too-many-steps',
    'went back without saying so',
    7,
    'loser',
    ({ log }) => Reflect.deleteProperty(log[6]!, 'fromSteps'),
  ],
  [
    'too-many-steps',
    'one more',
    9,
    'loser',
    ({ log, records }) =>
      log.push({ ...log[6]!, steps: 1, fromSteps: [6], startMs: 260, endMs: (records[2]!.endMs = 300) }),
  ],
  [
    'decode-too-early',
    'before the last step',
    4,
    'b2',
    ({ requests, log, records }) => {
      requests[1]!.steps = 7;
      log.push({ requestIds: ['b2'], gpus: [1], degree: 1, startMs: 107, endMs: (records[1]!.endMs = 117), steps: 1 });
    },
  ],
  [
    'incomplete',
    'no steps left to run, no record',
    null,
    'quitter',
    (run) => Reflect.deleteProperty(run, 'records') && run.requests.pop(),
  ],
  [
    'not-decoded',
    'no record',
    null,
    'b1',
    (run) => run.log.splice(2, 1) && run.log.pop() && run.requests.splice(3) && Reflect.deleteProperty(run, 'records'),
  ],
  ['missing-record', 'of a complete request', null, 'b1', ({ records }) => records.shift()],
  ['duplicate-record', 'twice', null, 'b1', ({ records }) => records.push(records[0]!)],
  ['wrong-record', 'completed at another time', null, 'b1', ({ records }) => (records[0]!.endMs = 67.001)],
  ['wrong-record', 'completed at no time', null, 'b1', ({ records }) => (records[0]!.endMs = null)],
  ['wrong-record', 'late, said to be on time', null, 'b2', ({ records }) => (records[1]!.onTime = true)],
  ['wrong-record', 'on time, said to be late', null, 'b1', ({ records }) => (records[0]!.onTime = false)],
  ['wrong-record', 'cancelled, said to be on time', null, 'quitter', ({ records }) => (records[3]!.onTime = true)],
  ['wrong-record', 'cancelled at no time', null, 'quitter', ({ records }) => (records[3]!.endMs = null)],
  [
    'wrong-record',
    'incomplete, said to be complete',
    null,
    'quitter',
    ({ records }) => Object.assign(records[3]!, { status: 'completed', endMs: 34 }),
  ],
  [
    'wrong-record',
    'not decoded, said to be complete',
    null,
    'b1',
    ({ log, records }) => log.splice(2, 1) && (records[0]!.endMs = 60),
  ],
  [
    'wrong-record',
    'complete, said to be unfinished',
    null,
    'b2',
    ({ records }) => Object.assign(records[1]!, { status: 'unfinished', endMs: null }),
  ],
  [
    'wrong-record',
    'complete, said to be cancelled later',
    null,
    'b2',
    ({ records }) => Object.assign(records[1]!, { status: 'cancelled', endMs: 108 }),
  ],
  ['wrong-record', 'unfinished at some time', null, 'unserved', ({ records }) => (records[4]!.endMs = 500)],
  ['wrong-record', 'a status that is none', null, 'quitter', ({ records }) => (records[3]!.status = 'bored' as never)],
  [
    'after-end',
    'decoded after it was cancelled',
    4,
    'b2',
    ({ records }) => Object.assign(records[1]!, { status: 'cancelled', endMs: 99.999 }),
  ],
  [
    'after-end',
    'started after it failed',
    8,
    'quitter',
    ({ records }) => Object.assign(records[3]!, { status: 'failed', endMs: 9 }),
  ],
];

describe('a run that is damaged in one place', () => {
  it.each(damages)('breaks %s: %s', (code, _, line, requestId, damage) => {
    const run = fixture();
    damage(run);
    const verdict = validate(run);
    expect(codesOf(verdict)).toEqual([code]);
    expect(verdict.violations.map(({ line, requestId }) => ({ line, requestId }))).toContainEqual({ line, requestId });
  });

  it('covers every code', () => {
    // Kept complete by the type: a code that is added does not compile until it stands here.
    const all: Record<RunViolationCode, true> = {
      malformed: true,
      'unknown-request': true,
      'duplicate-request': true,
      'duplicate-gpu': true,
      'unknown-gpu': true,
      'split-domain': true,
      'wrong-degree': true,
      'unknown-shape': true,
      'unknown-degree': true,
      'mixed-shapes': true,
      'unmeasured-batch': true,
      'wrong-steps': true,
      'ends-before-start': true,
      'too-fast': true,
      'before-arrival': true,
      'gpu-overlap': true,
      'request-overlap': true,
      'not-encoded': true,
      'steps-out-of-order': true,
      'too-many-steps': true,
      'decode-too-early': true,
      incomplete: true,
      'not-decoded': true,
      'missing-record': true,
      'duplicate-record': true,
      'wrong-record': true,
      'after-end': true,
    };
    expect(new Set(damages.map(([code]) => code))).toEqual(new Set(Object.keys(all)));
  });
});

describe('a valid run', () => {
  it('breaks no rule, and its verdict is recomputed from the log', () => {
    expect(validate(fixture())).toEqual({
      violations: [],
      onTime: 2,
      sloAttainment: 0.4,
      completions: new Map([
        ['b1', 67],
        ['b2', 107],
        ['loser', 260],
      ]),
    });
  });

  it.each<[string, (run: Run) => void]>([
    ['be logged in any order', ({ log }) => log.reverse()],
    [
      'leave out the defaults',
      ({ log }) => Reflect.deleteProperty(log[1]!, 'stage') && Reflect.deleteProperty(log[1]!, 'fromSteps'),
    ],
    ['overlap by rounding', ({ log }) => (log[1]!.endMs += 1e-7)],
    ['be fast by rounding', ({ log }) => (log[1]!.endMs -= 1e-7)],
    ['be slower than the profile', ({ log }) => (log[7]!.endMs += 1000)],
    [
      'encode twice',
      ({ log, records }) =>
        log.push({ ...log[0]!, requestIds: ['b1'], gpus: [4], startMs: 60, endMs: 65 }) &&
        Object.assign(log[2]!, { startMs: 65, endMs: (records[0]!.endMs = 72) }),
    ],
    [
      'decode again after a loss',
      ({ log }) => log.splice(3, 0, { ...log[3]!, startMs: 60, endMs: 61, cut: 'gpu-lost' }),
    ],
    [
      'continue after a loss',
      ({ log, records }) => Object.assign(log[6]!, { fromSteps: [2], steps: 4, endMs: (records[2]!.endMs = 220) }),
    ],
    [
      'start all over after a loss',
      ({ log, records }) => Object.assign(log[6]!, { fromSteps: [0], steps: 6, endMs: (records[2]!.endMs = 300) }),
    ],
    [
      'denoise again after a loss while decoding',
      ({ log, records }) => {
        Object.assign(log[3]!, { startMs: 60, endMs: 61, cut: 'gpu-lost' });
        log.push({ requestIds: ['b2'], gpus: [1], degree: 1, startMs: 61, endMs: 101, steps: 4, fromSteps: [2] });
        log.push({
          requestIds: ['b2'],
          gpus: [1],
          degree: 1,
          startMs: 101,
          endMs: (records[1]!.endMs = 108),
          steps: 0,
          stage: 'decode',
        });
      },
    ],
    ['cut a chunk before its first step', ({ log }) => Object.assign(log[7]!, { steps: 0, endMs: 10 })],
    ['start a chunk as the request is cancelled', ({ records }) => (records[3]!.endMs = 10)],
    [
      'touch with a chunk of no length',
      ({ log }) =>
        log.push({
          ...log[7]!,
          requestIds: ['unserved'],
          steps: 0,
          startMs: 60,
          endMs: 60,
          gpus: [2],
          degree: 1,
          cut: 'gpu-lost',
        }) && (log[8]!.requestIds = ['loser']),
    ],
  ])('may %s', (_, change) => {
    const run = fixture();
    change(run);
    expect(validate(run).violations).toEqual([]);
  });

  it('is on time at the deadline, to the bit', () => {
    const run = fixture();
    const deadline = (deadlineMs: number, onTime: boolean): RunVerdict => {
      run.requests[0]!.deadlineMs = deadlineMs;
      run.records[0]!.onTime = onTime;
      return validate(run);
    };
    expect(deadline(67, true)).toMatchObject({ onTime: 2, violations: [] });
    expect(deadline(67, false)).toMatchObject({ onTime: 2, violations: [] });
    expect(deadline(66.9999999, false)).toMatchObject({ onTime: 1, violations: [] });
    expect(codesOf(deadline(66.999, true))).toEqual(['wrong-record']);
  });

  it('does not complete a request that was cancelled while its last chunk ran', () => {
    const run = fixture();
    Object.assign(run.records[2]!, { status: 'cancelled', endMs: 200, onTime: false });
    expect(validate(run)).toMatchObject({
      violations: [],
      onTime: 1,
      completions: new Map([
        ['b1', 67],
        ['b2', 107],
      ]),
    });
    const { log, requests } = run;
    expect(validateRun(log, { requests }, profile).completions.get('loser')).toBe(260);
  });

  it('of no requests breaks no promise', () => {
    expect(validateRun([], { requests: [] }, profile, { records: [], cluster })).toEqual({
      violations: [],
      onTime: 0,
      sloAttainment: 1,
      completions: new Map(),
    });
  });

  it('may use any GPU where no cluster is given', () => {
    const { log, requests, records } = fixture();
    log[7]!.gpus = [3, 77, 4, 1000];
    log[7]!.startMs = 60;
    log[7]!.endMs = 90;
    records[3]!.endMs = 90;
    expect(validateRun(log, { requests }, profile, { records }).violations).toEqual([]);
  });

  it('may be faster by the noise that was simulated, not more', () => {
    const steps = 9;
    const requests = [{ id: 'a', shape: '512x512', steps, arrivalMs: 0, deadlineMs: 1000 }];
    const verdict = (endMs: number, stepNoise?: number | 'profile'): RunViolationCode[] =>
      codesOf(
        validateRun([{ requestIds: ['a'], gpus: [0], degree: 1, startMs: 0, endMs, steps }], { requests }, profile, {
          ...(stepNoise === undefined ? {} : { stepNoise }),
        }),
      );
    // 40 ms a step; 9 steps less 4 deviations of 3 steps' worth of noise.
    expect(verdict(360)).toEqual([]);
    expect(verdict(359.99)).toEqual(['too-fast']);
    expect(verdict(40 * (9 - 4 * 3 * 0.05), 'profile')).toEqual([]);
    expect(verdict(40 * (9 - 4 * 3 * 0.05) - 0.01, 'profile')).toEqual(['too-fast']);
    expect(verdict(40 * (9 - 4 * 3 * 0.1), 0.1)).toEqual([]);
    expect(verdict(40 * (9 - 4 * 3 * 0.1) - 0.01, 0.1)).toEqual(['too-fast']);
    expect(verdict(0, 10)).toEqual([]);
  });

  it('is judged alike on an epoch clock', () => {
    const epoch = 1_790_000_000_000.3;
    const run = fixture();
    for (const r of run.requests)
      Object.assign(r, { arrivalMs: r.arrivalMs + epoch, deadlineMs: r.deadlineMs + epoch });
    for (const c of run.log) Object.assign(c, { startMs: c.startMs + epoch, endMs: c.endMs + epoch });
    for (const r of run.records) if (r.endMs !== null) r.endMs += epoch;
    expect(validate(run)).toMatchObject({ violations: [], onTime: 2 });
    run.log[1]!.endMs -= 0.1;
    expect(codesOf(validate(run))).toEqual(['too-fast']);
  });
});

it('survives chunks of any content', () => {
  fc.assert(
    fc.property(
      fc.nat(7),
      fc.constantFrom(...Object.keys(fixture().log[1]!), 'cut'),
      fc.anything(),
      (at, key, value) => {
        const run = fixture();
        Object.assign(run.log[at]!, { [key]: value });
        expect(validate(run).violations).toBeInstanceOf(Array);
      },
    ),
  );
});

/** Any number of single-step chunks at whole times on few GPUs, so that many overlap and many touch. */
const interval = fc.record({
  startMs: fc.nat(60),
  lengthMs: fc.nat(12),
  gpus: fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 3 }),
});

it('finds the overlaps that a comparison of all pairs finds', () => {
  fc.assert(
    fc.property(fc.array(interval, { maxLength: 15 }), (intervals) => {
      const log = intervals.map(({ startMs, lengthMs, gpus }, index): ChunkRecord => {
        return { requestIds: [`${index}`], gpus, degree: gpus.length, startMs, endMs: startMs + lengthMs, steps: 1 };
      });
      const flagged = validateRun(log, { requests: [] }, profile).violations.flatMap(({ code, line }) =>
        code === 'gpu-overlap' ? [line! - 1] : [],
      );
      const before = (a: number, b: number): boolean =>
        log[a]!.startMs - log[b]!.startMs < 0 ||
        (log[a]!.startMs === log[b]!.startMs && (log[a]!.endMs - log[b]!.endMs || a - b) < 0);
      const expected = log.flatMap((chunk, index) =>
        chunk.gpus
          .filter((gpu) =>
            log.some((other, at) => other.gpus.includes(gpu) && before(at, index) && chunk.startMs < other.endMs),
          )
          .map(() => index),
      );
      expect(flagged.sort()).toEqual(expected.sort());
    }),
  );
});

interface Draw {
  readonly requests: readonly (Omit<GenerationRequest, 'id' | 'deadlineMs'> & { readonly slackMs: number })[];
  readonly rolls: readonly number[];
}

const draw: fc.Arbitrary<Draw> = fc.record({
  requests: fc.array(
    fc.record({
      shape: fc.constantFrom('256x256', '512x512', '400x400'),
      steps: fc.integer({ min: 3, max: 9 }),
      startStep: fc.nat(2),
      arrivalMs: fc.nat(500),
      slackMs: fc.nat(400),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  rolls: fc.array(fc.nat(1000), { minLength: 50, maxLength: 50 }),
});

/** A scheduler that is too simple to be wrong: one request after another, each piece as soon as its GPUs are free. */
function naiveRun({ requests, rolls }: Draw, losses = true): Run {
  let turn = 0;
  const roll = (below: number): number => rolls[turn++ % rolls.length]! % below;
  const freeMs = Array<number>(8).fill(0);
  const run: Run = { log: [], requests: [], records: [] };
  requests.forEach(({ slackMs, ...fields }, index) => {
    const request = { ...fields, id: `r${index}`, deadlineMs: fields.arrivalMs + slackMs };
    const times = profile.shape(request.shape);
    let atMs = request.arrivalMs;
    const add = (
      degree: number,
      leastMs: number,
      rest: Pick<ChunkRecord, 'steps' | 'stage' | 'cut' | 'fromSteps'>,
    ): void => {
      const first = 4 * roll(2) + (degree === 4 ? 0 : roll(2));
      const gpus = Array.from({ length: degree }, (_, offset) => first + offset);
      const startMs = Math.max(atMs, ...gpus.map((gpu) => freeMs[gpu]!)) + roll(2) * 0.1;
      atMs = startMs + leastMs + roll(3) * 0.7;
      for (const gpu of gpus) freeMs[gpu] = atMs;
      run.log.push({ requestIds: [request.id], gpus, degree, startMs, endMs: atMs, ...rest } as Mutable<ChunkRecord>);
    };
    if (times.encodeMs > 0) add(1, times.encodeMs, { steps: 0, stage: 'encode' });
    let done = request.startStep!;
    while (done < request.steps) {
      const degree = [1, 2, 4][roll(3)]!;
      const steps = 1 + roll(request.steps - done);
      const leastMs = steps * times.stepMs[times.degrees.indexOf(degree)]!;
      if (losses && roll(5) === 0 && turn < 100) {
        add(degree, 1, { steps: 0, cut: 'gpu-lost', fromSteps: [done] });
        done -= roll(done - request.startStep! + 1);
      } else {
        add(degree, leastMs, { steps, fromSteps: [done] });
        done += steps;
      }
    }
    if (times.decodeMs > 0) add(1, times.decodeMs, { steps: 0, stage: 'decode' });
    run.requests.push(request);
    run.records.push({ requestId: request.id, status: 'completed', endMs: atMs, onTime: atMs <= request.deadlineMs });
  });
  return run;
}

describe('a naive scheduler', () => {
  it('makes valid runs, and the verdict counts as it does', () => {
    fc.assert(
      fc.property(draw, (drawn) => {
        const run = naiveRun(drawn);
        const verdict = validate({ ...run, log: parseRunLog(formatRunLog(run.log)) as Run['log'] });
        expect(verdict.violations).toEqual([]);
        expect(verdict.onTime).toBe(run.records.filter(({ onTime }) => onTime).length);
        expect(verdict.sloAttainment).toBe(verdict.onTime / run.requests.length);
        expect([...verdict.completions]).toEqual(run.records.map(({ requestId, endMs }) => [requestId, endMs]));
        const { log, requests } = run;
        expect(validateRun(log.toReversed(), { requests: requests.toReversed() }, profile).violations).toEqual([]);
      }),
    );
  });

  const denoising = ({ stage, cut }: ChunkRecord): boolean => stage === undefined && cut === undefined;
  it.each<[string, readonly RunViolationCode[], (chunk: Mutable<ChunkRecord>, run: Run) => void]>([
    [
      'a chunk is forgotten',
      ['steps-out-of-order', 'wrong-record'],
      (chunk, { log }) => log.splice(log.indexOf(chunk), 1),
    ],
    ['a chunk is done twice', ['gpu-overlap'], (chunk, { log }) => log.push(chunk)],
    [
      'a chunk is repeated later',
      ['steps-out-of-order', 'too-many-steps'],
      (chunk, { log }) => log.push({ ...chunk, startMs: 1e6, endMs: 1e6 + 1e3, fromSteps: [9 - chunk.steps + 1] }),
    ],
    [
      'a step is added',
      ['steps-out-of-order', 'too-many-steps', 'decode-too-early'],
      (chunk) => Object.assign(chunk, { steps: chunk.steps + 1, fromSteps: chunk.fromSteps, endMs: chunk.endMs }),
    ],
    ['a chunk takes no time', ['too-fast'], (chunk) => (chunk.endMs = chunk.startMs)],
    ['a chunk comes too early', ['before-arrival'], (chunk) => (chunk.startMs = -1)],
    ['a chunk never ends', ['malformed'], (chunk) => (chunk.endMs = Infinity)],
    ['a GPU is counted twice', ['duplicate-gpu'], (chunk) => chunk.gpus.push(chunk.gpus[0]!)],
    ['a GPU goes missing', ['wrong-degree', 'malformed'], (chunk) => chunk.gpus.pop()],
    ['the request is another', ['unknown-request'], (chunk) => (chunk.requestIds = ['another'])],
    ['a record is on another time', ['wrong-record'], (_, { records }) => (records[0]!.endMs! += 1)],
  ])('is caught when %s', (_, expected, damage) => {
    fc.assert(
      fc.property(draw, fc.nat(), (drawn, index) => {
        // Without losses: steps that are done again anyway may be forgotten.
        const run = naiveRun(drawn, false);
        const chunks = run.log.filter(denoising);
        damage(chunks[index % chunks.length]!, run);
        expect(codesOf(validate(run)).filter((code) => expected.includes(code))).not.toEqual([]);
      }),
    );
  });
});

// Comparing all pairs would take minutes; linear time stays far below the limit even on a busy machine.
describe('a run of 100,000 chunks', () => {
  const count = 100_000;
  const id = (index: number): string => `r${index >> 2}`;
  const requests = Array.from({ length: count / 4 }, (_, index) => ({
    id: `r${index}`,
    shape: '512x512',
    steps: 8,
    arrivalMs: 0,
    deadlineMs: 1e12,
  }));

  it.each<[string, (index: number) => ChunkRecord, number]>([
    [
      'that is valid',
      (index) => ({
        requestIds: [id(index)],
        gpus: [0, 1],
        degree: 2,
        startMs: index * 50,
        endMs: index * 50 + 44,
        steps: 2,
      }),
      0,
    ],
    [
      'that all overlap',
      (index) => ({ requestIds: [id(index)], gpus: [0, 1], degree: 2, startMs: index * 44, endMs: 1e9, steps: 2 }),
      (count - 1) * 2 + (count * 3) / 4,
    ],
  ])(
    '%s is checked in seconds',
    (_, chunk, violations) => {
      const log = Array.from({ length: count }, (_, index) => chunk(index));
      const before = performance.now();
      expect(validateRun(log, { requests }, profile, { cluster }).violations).toHaveLength(violations);
      expect(performance.now() - before).toBeLessThan(5000);
    },
    30_000,
  );
});
