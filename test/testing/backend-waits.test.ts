import { describe, expect, test } from 'vitest';
import { BackendError, type Backend } from '../../src/backends/index.js';
import { backendConformance } from '../../src/testing/index.js';
import { correct, messageOf, register, type Options } from './backend-suite.js';
import { forever } from './backend-defects/defect.js';
import { createFaultyBackend, type Payload } from './faulty-backend/index.js';

const whole = 'steps: a request is prepared, runs its steps in chunks, and is finished';

/** The suite on backends with other members. */
function withMembers(members: Partial<Backend<Payload, string>>, more: Partial<Options> = {}): Options {
  const factory: Options['factory'] = () => {
    const harness = createFaultyBackend();
    return { ...harness, backend: { ...harness.backend, ...members } };
  };
  return { ...correct, factory, ...more };
}

describe('whatever a backend does, a case ends, and says why', () => {
  test('a call that is never answered, on virtual time', async () => {
    expect(await messageOf(whole, withMembers({ finish: forever }))).toBe(
      'finish() of "a" on GPU 0 never ends: nothing is left to happen on its virtual time',
    );
  });

  test('a call that is never answered, on real time', async () => {
    const options = withMembers({ open: forever }, { timeoutMs: 20 });
    const factory: Options['factory'] = async () => {
      const harness = await options.factory();
      Reflect.deleteProperty(harness, 'advanceUntil');
      return harness;
    };
    expect(await messageOf(whole, { ...options, factory })).toBe('open() did not end within 20 ms');
  });

  test('a call that is never answered while virtual time goes on for ever', async () => {
    let isLooping = false;
    const factory: Options['factory'] = () => ({
      ...createFaultyBackend(),
      async advanceUntil(done) {
        isLooping = true;
        while (!done()) await new Promise((resolve) => setTimeout(resolve, 1));
        isLooping = false;
        return true;
      },
    });
    expect(await messageOf(whole, { ...correct, factory, timeoutMs: 20 })).toMatch(/did not end within 20 ms$/);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(isLooping).toBe(false);
  });

  test('a close that is never answered', async () => {
    expect(await messageOf(whole, withMembers({ close: forever }))).toBe(
      'close() never ends: nothing is left to happen on its virtual time',
    );
  });

  test('a virtual time that breaks', async () => {
    const factory: Options['factory'] = () => ({
      ...createFaultyBackend(),
      advanceUntil: () => Promise.reject(new Error('no time')),
    });
    expect(await messageOf(whole, { ...correct, factory })).toBe(
      'open() did not end, since advanceUntil() failed: Error: no time',
    );
  });

  test('a call that throws instead of rejecting', async () => {
    const prepare = (): never => {
      throw new BackendError('unsupported', 'not that one');
    };
    expect(await messageOf(whole, withMembers({ prepare }))).toBe(
      'prepare() of "a" on GPU 0 threw unsupported (not that one); it has to return a promise, which may reject',
    );
  });

  test('a call that rejects with something that is no error', async () => {
    const prepare = (): Promise<never> => Promise.reject('broken');
    expect(await messageOf(whole, withMembers({ prepare }))).toBe(
      'prepare() of "a" on GPU 0 has to resolve here; it rejected with broken',
    );
    const name = 'lifecycle: before open, work is refused with backend-not-open';
    expect(await messageOf(name, withMembers({ prepare }))).toMatch(
      /it rejected with broken, which is no BackendError$/,
    );
  });

  test.each([
    [{ steps: 2.5 }, /resolved with 2.5 steps: it has to be a whole number from 0 to 2/],
    [{ steps: 3 }, /resolved with 3 steps: it has to be a whole number from 0 to 2/],
    [{ steps: 1 }, /resolved with 1 steps: without an abort it has to do all of them/],
    [{ steps: 2, durationMs: -1 }, /a durationMs of -1: it has to be a finite number of at least 0/],
    [{ steps: 2 }, /told of 0 steps and resolved with 2/],
  ])('a run that resolves with %j', async (result, message) => {
    expect(await messageOf(whole, withMembers({ run: () => Promise.resolve(result) }))).toMatch(message);
  });

  test.each([
    [
      'a state that a refusal cannot lose',
      new BackendError('backend-not-open', 'x', { state: 'lost' }),
      /has the state lost/,
    ],
    ['no message', new BackendError('backend-not-open', ''), /needs a message/],
    ['a broken number', new BackendError('backend-not-open', 'x', { steps: NaN }), /tells of NaN completed steps/],
  ])('an error with %s', async (_, error, message) => {
    const name = 'lifecycle: before open, work is refused with backend-not-open';
    expect(await messageOf(name, withMembers({ prepare: () => Promise.reject(error) }))).toMatch(message);
  });
});

describe('the harness', () => {
  test('is made and disposed of once a case, also one that fails', async () => {
    const log: string[] = [];
    const factory: Options['factory'] = () => {
      log.push('made');
      return { ...createFaultyBackend(), dispose: () => void log.push('disposed') };
    };
    expect(await messageOf(whole, { ...correct, factory })).toBeUndefined();
    expect(await messageOf(whole, { ...correct, factory, gpus: 9, degrees: [9] })).toBeDefined();
    expect(log).toEqual(['made', 'disposed', 'made', 'disposed']);
  });

  test('that cannot be made or disposed of fails the case', async () => {
    const broken = (): never => {
      throw new Error('no GPU here');
    };
    expect(await messageOf(whole, { ...correct, factory: broken })).toBe('no GPU here');
    const factory: Options['factory'] = () => ({ ...createFaultyBackend(), dispose: broken });
    expect(await messageOf(whole, { ...correct, factory })).toBe('no GPU here');
  });

  test('may answer later', async () => {
    const factory: Options['factory'] = async () => {
      await Promise.resolve();
      const harness = createFaultyBackend();
      return { ...harness, held: () => Promise.resolve(harness.held()) };
    };
    expect(
      await messageOf('leaks: a request is held from prepare to release', { ...correct, factory }),
    ).toBeUndefined();
  });
});

test('a runner without skip gets the cases that apply', () => {
  const options = { ...correct, gpus: 1, degrees: [1] };
  const names: string[] = [];
  backendConformance({ ...options, test: (name) => names.push(name) });
  expect(names).toEqual([...register(options).cases.keys()]);
});
