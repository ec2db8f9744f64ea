import { describe, expect, it } from 'vitest';
import { BackendError } from '../../../src/backends/index.js';
import { memoryMetrics } from '../../../src/scheduler/index.js';
import { fakeBackend, gate, type FakeBackend } from './fake-backend.js';
import { batches, completed, failedFor, live, liveOn } from './setup.js';

const big = { shape: '128x128', steps: 2 };
const stallMs = 100;
const statesOf = ({ scheduler }: Awaited<ReturnType<typeof liveOn>>): string[] =>
  scheduler.status().gpus.map(({ state }) => state);

/** A backend on two GPUs whose first chunk ends when the test says so; all others take 40 ms. */
async function stuck() {
  const first = gate<{ steps: number }>();
  const signals: AbortSignal[] = [];
  const steps: ((done: number) => void)[] = [];
  const metrics = memoryMetrics();
  const backend = fakeBackend({
    gpus: 2,
    run: (call) => {
      signals.push(call.signal);
      steps.push(call.onStep!);
      if (signals.length === 1) return first.wait();
      return new Promise((resolve) => world.clock.schedule(world.clock.nowMs() + 40, () => resolve({ steps: 4 })));
    },
  });
  const world = await liveOn(backend, { stallMs, metrics });
  return { ...world, first, signals, steps, metrics };
}

describe('a chunk that does not end in time', () => {
  it('is told to stop, and its request goes on from there', async () => {
    const world = await live(1, { stallMs });
    const { backend, submit, until, ended } = world;
    const a = submit('a');
    await until(25);
    backend.faults.stall(0);
    await until(150);
    backend.faults.unstall(0);
    await ended(a);
    // It was stopped at the end of the step in which it stalled.
    expect(a.outcome).toMatchObject(completed(150 + 5 + 10));
    expect(a.progress.slice(4)).toEqual([
      ...['running 2/4 on 0', 'running 3/4 on 0', 'running 4/4 on 0', 'decoding 0', 'end'],
    ]);
  });

  it('and stops without a step has failed once; its request goes on with what it had', async () => {
    let runs = 0;
    const run: FakeBackend['run'] = ({ signal, steps }) =>
      runs++ > 0
        ? Promise.resolve({ steps })
        : new Promise((resolve) => signal.addEventListener('abort', () => resolve({ steps: 0 })));
    const { backend, submit, ended } = await liveOn(fakeBackend({ run }), { stallMs, maxFailures: 2 });
    const a = submit('a');
    await ended(a);
    expect(a.outcome).toMatchObject(completed(140));
    // It is as it was: encoded, with no step done.
    expect(backend.calls.slice(1, 4)).toEqual(['prepare a on 0', 'run a 0..4 on 0', 'run a 0..4 on 0']);
  });

  it('because of its encoding is told to stop, and encoded anew with nothing left of the first try', async () => {
    let tries = 0;
    const prepare: FakeBackend['prepare'] = ({ signal }) =>
      tries++ > 0
        ? Promise.resolve()
        : new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(new BackendError('aborted', 'stopped')));
          });
    const { backend, submit, ended } = await liveOn(fakeBackend({ prepare }), { stallMs, maxFailures: 2 });
    const a = submit('a');
    await ended(a);
    expect(a.outcome).toMatchObject(completed(140));
    expect(backend.calls.slice(1, 4)).toEqual(['prepare a on 0', 'release a', 'prepare a on 0']);
  });

  it('nor when it is told to stop is given up: its request starts over elsewhere, its GPU is lost', async () => {
    const world = await stuck();
    const a = world.submit('a');
    await world.until(139);
    expect(world.signals[0]!.aborted).toBe(false);
    await world.until(140);
    expect(world.signals[0]!.aborted).toBe(true);
    await world.until(240);
    expect(statesOf(world)).toEqual(['lost', 'busy']);
    await world.ended(a);
    expect(a.outcome).toMatchObject(completed(240 + 40));
    expect(world.backend.calls.slice(1)).toEqual([
      ...['prepare a on 0', 'run a 0..4 on 0', 'release a'],
      ...['prepare a on 1', 'run a 0..4 on 1', 'finish a on 1', 'release a'],
    ]);
    // Nobody waits for it: closing does not either.
    expect(world.metrics.value('chunks', { result: 'failed' })).toBe(1);
    expect(world.metrics.value('retries', { cause: 'error' })).toBe(1);
    expect(world.metrics.value('restarts')).toBe(1);
    expect(world.metrics.value('gpu_time_ms')).toBe(240 + 40);
  });

  it.each<[how: string, answer: (chunk: ReturnType<typeof gate<{ steps: number }>>) => void]>([
    ['with steps', (chunk) => chunk.resolve({ steps: 4 })],
    ['with none', (chunk) => chunk.resolve({ steps: 0 })],
    ['with an error', (chunk) => chunk.reject(new Error('bang'))],
    ['with a failure that leaves its state intact', (chunk) => chunk.reject(intact)],
  ])('but answers at last, %s, gives its GPU back and changes nothing else', async (_, answer) => {
    const world = await stuck();
    const a = world.submit('a');
    await world.until(245);
    const before = [...a.progress];
    const numbers = (): unknown =>
      ['chunks', 'steps', 'retries', 'restarts'].map((n) => world.metrics.values(n as never));
    const counted = numbers();
    world.steps[0]!(3);
    answer(world.first);
    world.steps[0]!(4);
    await world.until(246);
    expect(statesOf(world)).toEqual(['idle', 'busy']);
    expect(a.progress).toEqual(before);
    expect(a.progress.slice(-2)).toEqual(['preparing 1', 'running 0/4 on 1']);
    expect(numbers()).toEqual(counted);
    await world.ended(a);
    expect(a.outcome).toMatchObject(completed(280));
    expect(world.errors).toEqual([]);
  });

  it('counts as a failure of its request, and a GPU that is told to be back can be used', async () => {
    const backend = fakeBackend({ run: () => new Promise(() => undefined) });
    const world = await liveOn(backend, { stallMs, maxFailures: 2 });
    const a = world.submit('a');
    await world.until(300);
    expect(statesOf(world)).toEqual(['lost']);
    backend.listener({ type: 'gpu-back', gpu: 0 });
    await world.ended(a);
    expect(a).toMatchObject({ outcome: failedFor('steps-failed'), endMs: 300 + 240 });
  });

  it('takes all members of a batch along, which then run alone', async () => {
    const first = gate<{ steps: number }>();
    let runs = 0;
    const backend = fakeBackend({
      gpus: 1,
      run: ({ steps }) => (runs++ === 0 ? first.wait() : Promise.resolve({ steps })),
    });
    const world = await liveOn(backend, { stallMs, policy: batches() });
    const [a, b] = [world.submit('a'), world.submit('b')];
    await world.until(500);
    expect([a.progress.at(-1), b.progress.at(-1)]).toEqual(['queued', 'queued']);
    first.resolve({ steps: 4 });
    await world.ended(a, b);
    expect(backend.calls.filter((call) => call.startsWith('run'))).toEqual([
      ...['run a+b 0..4 on 0', 'run a 0..4 on 0', 'run b 0..4 on 0'],
    ]);
  });

  it('because of its encoding is given up too, and no step is run for it later', async () => {
    const encoding = gate<undefined>();
    let tries = 0;
    const backend = fakeBackend({ gpus: 2, prepare: () => (tries++ === 0 ? encoding.wait() : Promise.resolve()) });
    const world = await liveOn(backend, { stallMs });
    const a = world.submit('a');
    await world.ended(a);
    expect(a.outcome).toMatchObject({ status: 'completed' });
    encoding.resolve(undefined);
    await world.until(world.clock.nowMs() + 1);
    expect(backend.calls.slice(1)).toEqual([
      ...['prepare a on 0', 'release a', 'prepare a on 1', 'run a 0..4 on 1', 'finish a on 1', 'release a'],
    ]);
    expect(statesOf(world)).toEqual(['idle', 'idle']);
  });

  it('and whose request is cancelled ends that at last', async () => {
    const world = await stuck();
    const a = world.submit('a');
    await world.until(50);
    void a.handle.cancel();
    await world.ended(a);
    expect(a).toMatchObject({ outcome: { status: 'cancelled' }, endMs: 240 });
  });
});

describe('decoding that does not end in time', () => {
  it('is told to stop, and tried again when it does', async () => {
    let tries = 0;
    const backend = fakeBackend({
      finish: ({ signal }) =>
        tries++ > 0
          ? Promise.resolve('art')
          : new Promise((_, reject) => {
              signal.addEventListener('abort', () => reject(new BackendError('aborted', 'stopped')));
            }),
    });
    const world = await liveOn(backend, { stallMs });
    const a = world.submit('a', big);
    await world.ended(a);
    expect(a.outcome).toMatchObject({ ...completed(108), artifact: 'art' });
    expect(world.backend.calls.filter((call) => call.startsWith('run'))).toHaveLength(1);
  });

  it('nor when it is told to stop is given up, and what it answers at last is not taken for the new one', async () => {
    const decodings = [gate<string>(), gate<string>()];
    let tries = 0;
    const metrics = memoryMetrics();
    const backend = fakeBackend({ gpus: 2, finish: () => decodings[tries++]!.wait() });
    const world = await liveOn(backend, { stallMs, metrics });
    const a = world.submit('a', big);
    await world.until(220);
    expect(a.progress.slice(-1)).toEqual(['decoding 1']);
    expect(statesOf(world)).toEqual(['lost', 'busy']);
    expect(metrics.value('retries', { cause: 'error' })).toBe(1);
    decodings[0]!.resolve('first');
    await world.until(221);
    expect(a.outcome).toBeUndefined();
    decodings[1]!.resolve('second');
    await world.ended(a);
    expect(a.outcome).toMatchObject({ status: 'completed', artifact: 'second' });
  });

  it('nor when it is told to stop, and fails at last, has failed once', async () => {
    const decodings = [gate<string>(), gate<string>()];
    let tries = 0;
    const backend = fakeBackend({ gpus: 2, finish: () => decodings[tries++]!.wait() });
    const world = await liveOn(backend, { stallMs, maxFailures: 2 });
    const a = world.submit('a', big);
    await world.until(220);
    decodings[0]!.reject(new Error('too late'));
    await world.until(221);
    decodings[1]!.resolve('second');
    await world.ended(a);
    expect(a.outcome).toMatchObject({ status: 'completed', artifact: 'second' });
  });
});

const intact = new BackendError('chunk-failed', 'bang', { state: 'intact', steps: 2 });

it('gives a request up whose chunks stall again and again, and stop without a step', async () => {
  const run: FakeBackend['run'] = ({ signal }) =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve({ steps: 0 })));
  const { submit, ended } = await liveOn(fakeBackend({ run }), { stallMs, maxFailures: 3 });
  const a = submit('a');
  await ended(a);
  expect(a.outcome).toMatchObject({ status: 'failed', reason: 'steps-failed' });
});

it('uses a GPU again whose decoding was given up and has ended after all', async () => {
  const stuck = gate<undefined>();
  let decodings = 0;
  const finish: FakeBackend['finish'] = () => (decodings++ === 0 ? stuck.wait() : Promise.resolve(undefined));
  const { scheduler, submit, ended, until } = await liveOn(fakeBackend({ gpus: 2, finish }), { stallMs });
  const a = submit('a', { shape: '128x128', steps: 1 });
  await ended(a);
  expect(scheduler.status().gpus.map(({ state }) => state)).toEqual(['lost', 'idle']);
  stuck.resolve(undefined);
  await until(1000);
  expect(scheduler.status().gpus.map(({ state }) => state)).toEqual(['idle', 'idle']);
});
