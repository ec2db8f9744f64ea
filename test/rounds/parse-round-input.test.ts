import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareRequests, TetriError } from '../../src/model/index.js';
import { builtinProfile, parseProfile } from '../../src/profile/index.js';
import {
  fastestRemainingMs,
  isDefinitelyLate,
  parseRoundInput,
  type GpuState,
  type RequestState,
  type RoundInput,
} from '../../src/rounds/index.js';
import { randomRoundInput } from '../../src/testing/index.js';
import { squareOf, stepProfile } from '../profile/fixtures.js';

const profile = parseProfile(stepProfile());

function request(more: Partial<RequestState> = {}): RequestState {
  return { id: 'r1', shape: '512x512', steps: 20, arrivalMs: 0, deadlineMs: 2000, ...more };
}

function input(more: Partial<RoundInput> = {}): RoundInput {
  return { nowMs: 100, requests: [request()], gpus: [0, 1, 2, 3].map((id) => ({ id })), profile, ...more };
}

function assertRefused(value: unknown, code: string, path: string): void {
  expect(() => parseRoundInput(value as RoundInput)).toThrow(expect.objectContaining({ code, path }) as TetriError);
}

describe('defaults', () => {
  test('of a request', () => {
    expect(parseRoundInput(input()).waiting).toEqual([
      {
        ...request(),
        startStep: 0,
        weight: 1,
        stepsDone: 0,
        remainingSteps: 20,
        lastGpus: [],
        batchable: true,
        running: undefined,
        times: profile.shape('512x512'),
        encodeMs: 20,
        lastStepByMs: 1992,
      },
    ]);
  });

  test('of a request that skips steps: they count as done, and it is not encoded yet', () => {
    const [parsed] = parseRoundInput(input({ requests: [request({ startStep: 8 })] })).waiting;
    expect(parsed).toMatchObject({ stepsDone: 8, remainingSteps: 12, encodeMs: 20 });
  });

  test('of a request with progress: it was encoded', () => {
    const [parsed] = parseRoundInput(input({ requests: [request({ startStep: 8, stepsDone: 9 })] })).waiting;
    expect(parsed).toMatchObject({ stepsDone: 9, remainingSteps: 11, encodeMs: 0 });
  });

  test('encoding counts as the caller says, where he says so', () => {
    const requests = [request({ id: 'a', encoded: true }), request({ id: 'b', stepsDone: 5, encoded: false })];
    expect(parseRoundInput(input({ requests })).waiting.map(({ encodeMs }) => encodeMs)).toEqual([0, 20]);
  });

  test('of a GPU: domain 0, and free', () => {
    const gpus: GpuState[] = [{ id: 7, busyUntilMs: 50 }, { id: 3, busyUntilMs: 400, domain: 2 }, { id: 5 }];
    expect(parseRoundInput(input({ gpus })).gpus).toEqual([
      { id: 3, domain: 2, freeAtMs: 400 },
      { id: 5, domain: 0, freeAtMs: 100 },
      { id: 7, domain: 0, freeAtMs: 100 },
    ]);
  });

  test('a GPU is busy until its chunk ends, and until whatever else keeps it busy', () => {
    const running = { gpus: [0, 1], steps: 5, startMs: 90, endMs: 300 };
    const gpus = [{ id: 0 }, { id: 1, busyUntilMs: 350 }, { id: 2 }];
    const parsed = parseRoundInput(input({ requests: [request({ running })], gpus }));
    expect(parsed.gpus.map(({ freeAtMs }) => freeAtMs)).toEqual([300, 350, 100]);
  });

  test('a chunk that is overdue keeps its GPU no longer than now', () => {
    const running = { gpus: [0], steps: 5, startMs: 10, endMs: 60 };
    expect(parseRoundInput(input({ requests: [request({ running })], gpus: [{ id: 0 }] })).gpus[0]?.freeAtMs).toBe(100);
  });
});

describe('sorting', () => {
  test('into what waits, what runs, and what is decided', () => {
    const parsed = parseRoundInput(
      input({
        requests: [
          request({ id: 'early', arrivalMs: 101 }),
          request({ id: 'wide', shape: '1024x1024' }),
          request({ id: 'runs', running: { gpus: [0], steps: 1, startMs: 50, endMs: 150 } }),
          request({ id: 'now', arrivalMs: 100 }),
          request({ id: 'late', deadlineMs: 1 }),
        ],
        gpus: [{ id: 0 }, { id: 1 }],
        profile: parseProfile(stepProfile({ shapes: [squareOf(512, { '1': 40 }), squareOf(1024, { '4': 50 })] })),
      }),
    );
    expect(parsed.order).toEqual(['late', 'runs', 'wide', 'now', 'early']);
    expect(parsed.waiting.map(({ id }) => id)).toEqual(['late', 'now']);
    expect(parsed.running.map(({ id }) => id)).toEqual(['runs']);
    expect(parsed.decided).toEqual([
      { requestId: 'runs', status: 'running', reason: 'mid-chunk' },
      { requestId: 'wide', status: 'infeasible', reason: 'no-fitting-degree' },
      { requestId: 'early', status: 'deferred', reason: 'not-arrived' },
    ]);
  });

  test('no degree fits where there are no GPUs', () => {
    const parsed = parseRoundInput(input({ gpus: [] }));
    expect(parsed.decided).toEqual([{ requestId: 'r1', status: 'infeasible', reason: 'no-gpus' }]);
  });

  test('degrees go up to the largest domain, not to the number of GPUs', () => {
    const gpus = [0, 1, 2, 3].map((id) => ({ id, domain: id % 3 }));
    expect(parseRoundInput(input({ gpus })).waiting[0]?.times.degrees).toEqual([1, 2]);
  });

  test('puts every request into exactly one place, in total order', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const given = randomRoundInput(seed);
        const parsed = parseRoundInput(given);
        const sorted = [...given.requests].sort(compareRequests).map(({ id }) => id);
        expect(parsed.order).toEqual(sorted);
        const placed = [...parsed.waiting.map(({ id }) => id), ...parsed.decided.map(({ requestId }) => requestId)];
        expect(placed.sort()).toEqual(sorted.sort());
        expect(parsed.gpus.map(({ id }) => id)).toEqual(given.gpus.map(({ id }) => id).sort((a, b) => a - b));
        for (const { remainingSteps, times } of parsed.waiting) {
          expect(remainingSteps).toBeGreaterThan(0);
          expect(times.degrees.length).toBeGreaterThan(0);
        }
      }),
    );
  });
});

describe('definitely late', () => {
  const one = (more: Partial<RequestState>): ReturnType<typeof parseRoundInput>['waiting'][number] =>
    parseRoundInput(input({ requests: [request(more)] })).waiting[0]!;

  test('is what the fastest degree cannot save, encoding and decoding included', () => {
    // 20 + 20 x 26 + 8 = 548 ms from 100 on.
    expect(fastestRemainingMs(one({}))).toBe(540);
    expect(isDefinitelyLate(one({ deadlineMs: 648 }), 100)).toBe(false);
    expect(isDefinitelyLate(one({ deadlineMs: 647.99 }), 100)).toBe(true);
    expect(isDefinitelyLate(one({ deadlineMs: 648 }), 101)).toBe(true);
  });
});

describe('refused with code and path', () => {
  const running = { gpus: [0, 1], steps: 5, startMs: 90, endMs: 300 };

  test.each<[string, unknown, string, string]>([
    ['nothing', undefined, 'invalid-type', ''],
    ['null', null, 'invalid-type', ''],
    ['a list', [], 'invalid-type', ''],
    ['no time', input({ nowMs: undefined as never }), 'invalid-type', 'nowMs'],
    ['NaN for the time', input({ nowMs: NaN }), 'out-of-range', 'nowMs'],
    ['an endless time', input({ nowMs: Infinity }), 'out-of-range', 'nowMs'],
    ['a time as text', input({ nowMs: '5' as never }), 'invalid-type', 'nowMs'],
    ['no profile', input({ profile: undefined as never }), 'invalid-type', 'profile'],
    ['a profile that was not parsed', input({ profile: stepProfile() as never }), 'invalid-type', 'profile'],
    ['no GPUs', input({ gpus: undefined as never }), 'invalid-type', 'gpus'],
    ['GPUs as ids', input({ gpus: [0] as never }), 'invalid-type', 'gpus[0]'],
    ['a GPU without id', input({ gpus: [{} as never] }), 'invalid-type', 'gpus[0].id'],
    ['a GPU below 0', input({ gpus: [{ id: -1 }] }), 'out-of-range', 'gpus[0].id'],
    ['a GPU twice', input({ gpus: [{ id: 1 }, { id: 0 }, { id: 1 }] }), 'duplicate-gpu', 'gpus[2].id'],
    ['a bad domain', input({ gpus: [{ id: 1, domain: 0.5 }] }), 'out-of-range', 'gpus[0].domain'],
    ['a GPU busy for ever', input({ gpus: [{ id: 1, busyUntilMs: Infinity }] }), 'out-of-range', 'gpus[0].busyUntilMs'],
    [
      'a GPU busy until null',
      input({ gpus: [{ id: 1, busyUntilMs: null as never }] }),
      'invalid-type',
      'gpus[0].busyUntilMs',
    ],
    ['no requests', input({ requests: undefined as never }), 'invalid-type', 'requests'],
    ['a request of null', input({ requests: [null as never] }), 'invalid-type', 'requests[0]'],
    ['a hole', input({ requests: Array(1) as never }), 'invalid-type', 'requests[0]'],
  ])('%s', (_, value, code, path) => {
    assertRefused(value, code, path);
  });

  test.each<[string, object, string, string]>([
    ['no id', { id: undefined }, 'invalid-type', 'id'],
    ['an id twice', { id: 'r0' }, 'duplicate-request', 'id'],
    ['NaN for a deadline', { deadlineMs: NaN }, 'out-of-range', 'deadlineMs'],
    ['an endless deadline', { deadlineMs: Infinity }, 'out-of-range', 'deadlineMs'],
    ['a deadline before the arrival', { arrivalMs: 9, deadlineMs: 8 }, 'deadline-before-arrival', 'deadlineMs'],
    ['a shape that is none', { shape: 'large' }, 'invalid-shape', 'shape'],
    ['a shape out of range', { shape: '4096x4096' }, 'unknown-shape', 'shape'],
    ['no steps', { steps: 0 }, 'out-of-range', 'steps'],
    ['negative steps', { steps: -3 }, 'out-of-range', 'steps'],
    ['half a step', { steps: 0.5 }, 'out-of-range', 'steps'],
    ['all steps skipped', { startStep: 20 }, 'too-many-steps-done', 'startStep'],
    ['all steps done', { stepsDone: 20 }, 'too-many-steps-done', 'stepsDone'],
    ['more steps done than asked for', { stepsDone: 25 }, 'too-many-steps-done', 'stepsDone'],
    ['fewer steps done than skipped', { startStep: 5, stepsDone: 4 }, 'out-of-range', 'stepsDone'],
    ['steps done as text', { stepsDone: '4' }, 'invalid-type', 'stepsDone'],
    ['no weight', { weight: 0 }, 'out-of-range', 'weight'],
    ['a GPU twice among the last ones', { lastGpus: [1, 1] }, 'duplicate-gpu', 'lastGpus'],
    ['last GPUs of null', { lastGpus: null }, 'invalid-type', 'lastGpus'],
    ['last GPUs as text', { lastGpus: '01' }, 'invalid-type', 'lastGpus'],
    ['a last GPU below 0', { lastGpus: [0, -1] }, 'out-of-range', 'lastGpus[1]'],
    ['encoded as a number', { encoded: 1 }, 'invalid-type', 'encoded'],
    ['a running chunk of null', { running: null }, 'invalid-type', 'running'],
    ['a chunk on no list', { running: { ...running, gpus: 1 } }, 'invalid-type', 'running.gpus'],
    ['a chunk on an unknown GPU', { running: { ...running, gpus: [0, 9] } }, 'unknown-gpu', 'running.gpus[1]'],
    ['a chunk twice on a GPU', { running: { ...running, gpus: [0, 0] } }, 'duplicate-gpu', 'running.gpus'],
    ['a chunk of no steps', { running: { ...running, steps: 0 } }, 'out-of-range', 'running.steps'],
    ['a chunk of too many steps', { running: { ...running, steps: 21 } }, 'too-many-steps-done', 'running.steps'],
    ['a chunk that ends before it starts', { running: { ...running, endMs: 80 } }, 'out-of-range', 'running.endMs'],
    ['a chunk without end', { running: { ...running, endMs: Infinity } }, 'out-of-range', 'running.endMs'],
    ['a chunk without start', { running: { ...running, startMs: undefined } }, 'invalid-type', 'running.startMs'],
  ])('a request with %s', (_, fields, code, path) => {
    assertRefused(input({ requests: [request({ id: 'r0' }), request(fields)] }), code, `requests[1].${path}`);
  });

  test('unknown last GPUs are no fault: they were lost', () => {
    expect(parseRoundInput(input({ requests: [request({ lastGpus: [99] })] })).waiting[0]?.lastGpus).toEqual([99]);
  });
});

describe('garbage', () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSparseArray: true,
    withTypedArray: true,
  });
  const running = { gpus: [0], steps: 5, startMs: 90, endMs: 300 };
  const whole = input({
    requests: [
      request({ startStep: 1, weight: 2, stepsDone: 3, lastGpus: [0, 1], encoded: true, running }),
      request({ id: 'r2' }),
    ],
    gpus: [0, 1, 2].map((id) => ({ id, domain: 0, busyUntilMs: 150 })),
  });

  /** Every place in the input where a value stands, the profile apart. */
  function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
    if (typeof value !== 'object' || value === null) return [path];
    return [
      path,
      ...Object.entries(value).flatMap(([key, entry]) =>
        key === 'shape' && path.length === 0 ? [] : pathsOf(entry, [...path, key]),
      ),
    ];
  }

  function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
    if (key === undefined) return by;
    const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<
      string,
      unknown
    >;
    copy[key] = replaced(copy[key], rest, by);
    return copy;
  }

  function assertParsedOrRefused(value: unknown): void {
    try {
      const parsed = parseRoundInput(value as RoundInput);
      expect(parsed.waiting.length + parsed.decided.length).toBe(parsed.order.length);
      for (const { remainingSteps, lastGpus } of parsed.waiting) {
        expect(remainingSteps).toBeGreaterThan(0);
        expect([...lastGpus].every((gpu) => Number.isSafeInteger(gpu))).toBe(true);
      }
      expect(parsed.gpus.every(({ id, domain, freeAtMs }) => Number.isFinite(id + domain + freeAtMs))).toBe(true);
    } catch (error) {
      if (!TetriError.isInstance(error)) throw error;
      expect(error.message).not.toBe('');
    }
  }

  test('as a whole is refused', () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(() => parseRoundInput(value as RoundInput)).toThrow(
          expect.objectContaining({ name: 'TetriError' }) as TetriError,
        );
      }),
    );
  });

  test('in any one place is refused, or harmless', () => {
    const fields = { nowMs: whole.nowMs, requests: whole.requests, gpus: whole.gpus };
    const places = fc.constantFrom(...pathsOf(fields), ['profile']);
    fc.assert(
      fc.property(places, anything, (place, value) => {
        assertParsedOrRefused(replaced(whole, place, value));
      }),
      { numRuns: 1000 },
    );
  });

  test('numbers at the edge are refused, or harmless', () => {
    const fields = { nowMs: whole.nowMs, requests: whole.requests, gpus: whole.gpus };
    const numbers = fc.constantFrom(NaN, Infinity, -Infinity, -0, -1, 0.5, 2 ** 53, 1e308, -1e308, Number.MIN_VALUE);
    fc.assert(
      fc.property(fc.constantFrom(...pathsOf(fields)), numbers, (place, value) => {
        assertParsedOrRefused(replaced(whole, place, value));
      }),
      { numRuns: 500 },
    );
  });
});

test('an input is left as it was, and the same requests in other words are the same', () => {
  const flux = builtinProfile('flux.1-dev_h100');
  const requests = [request({ id: 'b', shape: '512x512x1' }), request({ id: 'a' })].map((each) => Object.freeze(each));
  const given = Object.freeze({ ...input({ profile: flux }), requests: Object.freeze(requests) });
  const [a, b] = parseRoundInput(given).waiting;
  expect([a?.id, b?.id]).toEqual(['a', 'b']);
  expect(b?.times).toEqual(a?.times);
});
