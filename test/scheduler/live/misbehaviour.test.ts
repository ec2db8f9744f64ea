import { describe, expect, it } from 'vitest';
import { BackendError, type Backend, type BackendErrorCode } from '../../../src/backends/index.js';
import { memoryMetrics } from '../../../src/scheduler/index.js';
import { fakeBackend, gate, type FakeBackend } from './fake-backend.js';
import { completed, failedFor, live, liveOn } from './setup.js';

/** Everything that a method of a backend may do wrong instead of rejecting with a `BackendError`. */
const wrongs: readonly [what: string, answer: () => never, detail: string | RegExp][] = [
  ['rejects with a plain error', () => Promise.reject(new TypeError('x is undefined')) as never, 'x is undefined'],
  ['rejects with text', () => Promise.reject('bang' as never) as never, 'bang'],
  ['rejects with nothing', () => Promise.reject(undefined as never) as never, 'undefined'],
  ['rejects with what cannot be printed', () => Promise.reject(Object.create(null) as never) as never, '{}'],
  ['rejects with a symbol', () => Promise.reject(Symbol('s') as never) as never, 'Symbol(s)'],
  [
    'throws an error',
    () => {
      throw new RangeError('thrown');
    },
    'thrown',
  ],
  [
    'throws nothing',
    () => {
      throw undefined as unknown as Error;
    },
    'undefined',
  ],
];

/** Calls of a method until a request was given up. */
const triesOf = ({ calls }: FakeBackend, method: string): number =>
  calls.filter((call) => call.startsWith(`${method} `)).length;

describe.each(['prepare', 'run', 'finish'] as const)('a backend whose `%s`', (method) => {
  it.each(wrongs)('%s is tried three times', async (_, answer, detail) => {
    const backend = fakeBackend({ [method]: answer });
    const { submit, ended, errors } = await liveOn(backend);
    const a = submit('a');
    await ended(a);
    expect(a.outcome).toEqual(failedFor(method === 'finish' ? 'decode-failed' : 'steps-failed', detail));
    expect(triesOf(backend, method)).toBe(3);
    expect(errors).toEqual([]);
  });

  it.each<[code: BackendErrorCode, isLost: boolean]>([
    ['backend-not-open', false],
    ['backend-closed', true],
    ['not-prepared', true],
    ['already-prepared', true],
    ['wrong-step', true],
    ['request-busy', false],
    ['gpu-busy', false],
    ['unsupported', false],
    ['aborted', false],
    ['chunk-failed', true],
    ['gpu-lost', true],
  ])('refuses with %s is tried three times', async (code, isLost) => {
    const backend = fakeBackend({ [method]: () => Promise.reject(new BackendError(code, 'no')) });
    const { submit, ended } = await liveOn(backend);
    const a = submit('a');
    await ended(a);
    expect(a.outcome).toEqual(failedFor(method === 'finish' ? 'decode-failed' : 'steps-failed', 'no'));
    expect(triesOf(backend, method)).toBe(3);
    if (method !== 'prepare') expect(triesOf(backend, 'prepare')).toBe(isLost ? 3 : 1);
  });

  it.each<[what: string, details: object]>([
    ['blames nobody that is there', { requestIds: ['someone'] }],
    ['blames what is no list', { requestIds: 'a' }],
    ['lost what is no list', { gpus: 0 }],
    ['lost GPUs that it does not have', { gpus: [7, 'x', null] }],
    ['leaves no state that there is', { state: 'burning' }],
    ['did steps that there are not', { state: 'intact', steps: NaN }],
  ])('rejects, and %s, is tried three times', async (_, details) => {
    for (const code of ['chunk-failed', 'gpu-lost'] as const) {
      const backend = fakeBackend({ [method]: () => Promise.reject(new BackendError(code, 'odd', details)) });
      const { submit, ended, errors } = await liveOn(backend);
      const a = submit('a');
      await ended(a);
      expect(a.outcome).toMatchObject({ status: 'failed', detail: 'odd' });
      expect(triesOf(backend, method)).toBe(3);
      expect(errors).toEqual([]);
    }
  });
});

describe('a backend whose chunks', () => {
  it.each<[what: string, result: unknown]>([
    ['end with nothing', undefined],
    ['end with no steps at all', { steps: 0 }],
    ['end with NaN steps', { steps: NaN }],
    ['end with half a step', { steps: 0.5 }],
    ['end with fewer than no steps', { steps: -1 }],
    ['end with more steps than were asked for', { steps: 5 }],
    ['end with steps in words', { steps: '4' }],
  ])('%s are tried three times', async (_, result) => {
    const backend = fakeBackend({ run: () => Promise.resolve(result as { steps: number }) });
    const { submit, ended } = await liveOn(backend);
    const a = submit('a');
    await ended(a);
    expect(a.outcome).toEqual(failedFor('steps-failed'));
    // Nothing is known of its state.
    expect(triesOf(backend, 'prepare')).toBe(3);
    expect(triesOf(backend, 'run')).toBe(3);
  });

  it('failed after more steps than they had, completed them at most', async () => {
    let tries = 0;
    const backend = fakeBackend({
      run: ({ steps }) =>
        tries++ === 0
          ? Promise.reject(new BackendError('chunk-failed', 'odd', { state: 'intact', steps: 1e9 }))
          : Promise.resolve({ steps }),
    });
    const metrics = memoryMetrics();
    const { submit, ended } = await liveOn(backend, { metrics });
    const a = submit('a');
    await ended(a);
    expect(a.outcome).toMatchObject({ status: 'completed' });
    expect(metrics.value('steps')).toBe(4);
    expect(backend.calls.slice(1)).toEqual(['prepare a on 0', 'run a 0..4 on 0', 'finish a on 0', 'release a']);
  });

  it.each<[durationMs: unknown]>([[NaN], [-5], [Infinity], ['fast'], [null], [0]])(
    'took %s ms teach nothing',
    async (durationMs) => {
      const run = (): never => Promise.resolve({ steps: 4, durationMs }) as never;
      const { scheduler, submit, ended, errors } = await liveOn(fakeBackend({ run }));
      await ended(submit('a'));
      expect(scheduler.status().drift).toEqual([]);
      expect(errors).toEqual([]);
    },
  );

  it('give fewer steps than asked for go on from there', async () => {
    const backend = fakeBackend({ run: () => Promise.resolve({ steps: 1 }) });
    const { submit, ended } = await liveOn(backend);
    await ended(submit('a', { steps: 3 }));
    expect(backend.calls.slice(2, 5)).toEqual(['run a 0..3 on 0', 'run a 1..3 on 0', 'run a 2..3 on 0']);
  });
});

describe('a backend whose `release`', () => {
  it.each(wrongs)('%s is told of, and stops nothing', async (_, answer, detail) => {
    const { submit, ended, errors } = await liveOn(fakeBackend({ release: answer }));
    const [a, b] = [submit('a'), submit('b')];
    await ended(a, b);
    expect(b.outcome).toMatchObject(completed(0, { artifact: 'art of b' }));
    expect(errors).toHaveLength(2);
    if (typeof detail === 'string' && detail.length > 2) expect(errors[0]).toContain(detail);
  });

  it.each<[what: string, release: Backend['release']]>([
    ['returns nothing', () => undefined as never],
    ['never answers', () => new Promise(() => undefined)],
  ])('%s stops nothing', async (_, release) => {
    const { submit, ended, errors } = await liveOn(fakeBackend({ release }));
    const [a, b] = [submit('a'), submit('b')];
    await ended(a, b);
    expect(b.outcome).toMatchObject({ status: 'completed' });
    expect(errors).toEqual([]);
  });
});

describe('a backend that answers twice', () => {
  it('is heard once', async () => {
    const finish = gate<string>();
    const { submit, clock, ended } = await liveOn(fakeBackend({ finish: finish.wait }));
    const a = submit('a');
    await clock.advance(1);
    finish.resolve('first');
    await ended(a);
    expect(a.outcome).toMatchObject({ artifact: 'first' });
  });
});

describe('a hook that misbehaves', () => {
  it('that is told of errors and throws is heard no more of', async () => {
    const backend = fakeBackend({ release: () => Promise.reject(new Error('no')) });
    const onError = (): never => {
      throw new Error('from the hook');
    };
    const { submit, ended } = await liveOn(backend, { onError });
    const a = submit('a');
    await ended(a);
    expect(a.outcome).toMatchObject({ status: 'completed' });
  });

  it('that is told of plans and throws keeps them from being carried out, until the next event', async () => {
    let plans = 0;
    const { submit, until, ended, errors } = await live(1, {
      onPlan: () => {
        if (plans++ === 0) throw new Error('no plan');
      },
    });
    const a = submit('a');
    await until(10);
    expect(errors).toEqual(['plan: no plan']);
    const b = submit('b');
    await ended(a, b);
    expect(a.outcome).toMatchObject(completed(50));
  });

  it('that asks for the status in the middle of a turn gets an answer', async () => {
    const seen: number[] = [];
    const options: { onPlan: () => void } = { onPlan: () => undefined };
    const { scheduler, submit, ended, errors } = await live(1, { onPlan: () => options.onPlan() });
    let late: ReturnType<typeof submit> | undefined;
    options.onPlan = () => {
      late ??= submit('late');
      seen.push(scheduler.status().waiting);
    };
    const a = submit('a');
    await ended(a);
    await ended(late!);
    expect(seen[0]).toBe(1);
    expect(errors).toEqual([]);
  });
});
