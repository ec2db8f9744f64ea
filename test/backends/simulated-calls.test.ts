import { afterEach, describe, expect, it } from 'vitest';
import { createSimulatedBackend } from '../../src/backends/simulated/index.js';
import { createCluster } from '../../src/model/index.js';
import { builtinProfile } from '../../src/profile/index.js';
import { profileOf, square } from '../simulation/worlds.js';
import { big, createSetup, expectNothingLeft, openSetup, profile } from './simulated-setup.js';

afterEach(expectNothingLeft);

describe('what it says of itself', () => {
  it('is the contract, its cluster in order, and that it can do everything', async () => {
    const cluster = {
      gpus: [
        { id: 3, domain: 1 },
        { id: 1, domain: 0 },
      ],
    };
    const { backend } = createSetup({ cluster });
    expect(backend).toMatchObject({ specificationVersion: 'v1', name: 'simulated' });
    expect(backend.capabilities).toEqual({
      maxBatchSize: 3,
      reportsSteps: true,
      abortsChunks: true,
      keepsStateOnFailure: true,
      losesGpus: true,
      reopens: true,
    });
    expect(await backend.open(() => undefined)).toEqual({
      cluster: {
        gpus: [
          { id: 1, domain: 0 },
          { id: 3, domain: 1 },
        ],
      },
    });
  });

  it('has the largest batch of the profile, none where that has none, or what it is told', () => {
    const cluster = createCluster(1);
    const max = (options: Partial<Parameters<typeof createSimulatedBackend>[0]>): number =>
      createSimulatedBackend({ profile, cluster, ...options }).capabilities.maxBatchSize;
    expect(max({})).toBe(3);
    expect(max({ maxBatchSize: 2 })).toBe(2);
    expect(max({ profile: profileOf(square(64, { 1: 10 })) })).toBe(1);
    expect(max({ profile: builtinProfile('flux.1-dev_h100') })).toBeGreaterThan(0);
  });

  it.each([
    ['a batch of none', { maxBatchSize: 0 }, 'maxBatchSize'],
    ['a cluster of none', { cluster: { gpus: [] } }, 'cluster.gpus'],
    ['a negative cost', { switchMs: -1 }, 'switchMs'],
  ])('is refused for %s', (_, options, path) => {
    expect(() => createSetup(options)).toThrow(expect.objectContaining({ path }));
  });
});

describe('a request', () => {
  it('is encoded, steps, and is decoded, each in its time', async () => {
    const { prepare, run, finish, until, clock } = await openSetup();
    const prepared = prepare('a', { shape: big, payload: { prompt: 'a cat' } });
    await until(4.999);
    expect(prepared.status).toBe('pending');
    await until(5);
    expect(prepared).toEqual({ status: 'resolved', atMs: 5, value: undefined });
    const ran = run('a', { steps: 4 });
    await until(164.999);
    expect(ran.status).toBe('pending');
    await until(165);
    expect(ran).toEqual({ status: 'resolved', atMs: 165, value: { steps: 4, durationMs: 160 } });
    const finished = finish('a');
    await until(172.999);
    expect(finished.status).toBe('pending');
    await until(173);
    expect(finished).toEqual({
      status: 'resolved',
      atMs: 173,
      value: { shape: big, steps: 4, payload: { prompt: 'a cat' } },
    });
    expect(clock.pending).toBe(0);
  });

  it('of no encoding and decoding takes the time of its steps, and is still answered later', async () => {
    const { prepare, run, finish, until } = await openSetup();
    const prepared = prepare('a');
    expect(prepared.status).toBe('pending');
    await until(0);
    expect(prepared).toMatchObject({ status: 'resolved', atMs: 0 });
    run('a');
    await until(40);
    const finished = finish('a');
    expect(finished.status).toBe('pending');
    await until(40);
    expect(finished).toMatchObject({ status: 'resolved', atMs: 40 });
  });

  it('of a cache hit starts where it is said to', async () => {
    const { run, until } = await openSetup('a', { startStep: 3 });
    const ran = run('a', { from: 3, steps: 1 });
    await until(10);
    expect(ran.value).toEqual({ steps: 1, durationMs: 10 });
  });

  it('can be decoded again', async () => {
    const { run, finish, until } = await openSetup('a');
    run('a');
    await until(40);
    const first = finish('a');
    await until(50);
    const second = finish('a', { gpu: 1 });
    await until(60);
    expect(first.value).toEqual({ shape: '64x64', steps: 4, payload: 'a' });
    expect(second.value).toEqual(first.value);
  });

  it('gives what its payload, shape and steps say, whatever way it took', async () => {
    const { backend, prepare, run, finish, until } = await openSetup();
    const payload = { seed: 7 };
    prepare('a', { payload });
    prepare('b', { payload, gpu: 3 });
    prepare('c', { gpu: 2 });
    await until(0);
    run('a');
    run('b c', { steps: 2, gpus: [2, 3] });
    await until(30);
    backend.faults.failNextChunk({ afterSteps: 1 });
    run('b', { from: 2, steps: 2, gpus: [1] });
    await until(60);
    run('b', { from: 3, steps: 1, gpus: [0, 1, 2, 3] });
    await until(100);
    const [a, b] = [finish('a'), finish('b', { gpu: 2 })];
    await until(100);
    expect(a.value).toEqual({ shape: '64x64', steps: 4, payload });
    expect(b.value).toEqual(a.value);
    expect(b.value!.payload).toBe(payload);
  });
});

describe('a chunk', () => {
  it('tells of every step when it is done', async () => {
    const { run, until, clock } = await openSetup('a');
    const told: [number, number][] = [];
    const ran = run('a', { gpus: [0, 1], onStep: (done) => told.push([done, clock.nowMs()]) });
    await until(1000);
    expect(told).toEqual([
      [1, 6],
      [2, 12],
      [3, 18],
      [4, 24],
    ]);
    expect(ran).toMatchObject({ atMs: 24, value: { steps: 4, durationMs: 24 } });
  });

  it('goes on where a listener throws, which is heard at the clock', async () => {
    const { run, until, clock } = await openSetup('a');
    const ran = run('a', {
      onStep: (done) => {
        if (done === 2) throw new Error('no more');
      },
    });
    await expect(until(100)).rejects.toThrow('no more');
    await until(100);
    expect(ran).toMatchObject({ status: 'resolved', atMs: 40, value: { steps: 4 } });
    expect(clock.pending).toBe(0);
  });

  it('ends at multiples of the step time, without an error that adds up', async () => {
    const tenths = profileOf(square(64, { 1: 0.1 }));
    const { run, until, clock } = await openSetup('a', { steps: 1000 }, { profile: tenths });
    await until(0.7);
    const ran = run('a', { steps: 1000 });
    await clock.advanceUntil(() => ran.status !== 'pending');
    expect(ran).toMatchObject({ atMs: 0.7 + 1000 * 0.1, value: { durationMs: 1000 * 0.1 } });
  });

  it('of a batch takes the time of the batch, for members at different steps', async () => {
    const { run, until } = await openSetup('a b');
    run('a', { steps: 1 });
    await until(10);
    const ran = run('a b', { from: [1, 0], steps: 3 });
    await until(64);
    expect(ran).toMatchObject({ atMs: 64, value: { steps: 3, durationMs: 54 } });
    const rest = run('b', { from: 3, steps: 1 });
    await until(74);
    expect(rest).toMatchObject({ atMs: 74, value: { steps: 1 } });
  });

  it.each([
    ['the same GPUs in another order', [1, 0], 0],
    ['other GPUs', [2, 3], 3],
    ['fewer', [1], 3],
    ['more', [0, 1, 2, 3], 3],
  ])('that goes on on %s pays for the move, apart from its steps', async (_, gpus, costMs) => {
    const { run, until } = await openSetup('a');
    run('a', { steps: 1, gpus: [0, 1] });
    await until(100);
    const told: number[] = [];
    const ran = run('a', { from: 1, steps: 2, gpus, onStep: (done) => told.push(done) });
    const stepMs = { 1: 10, 2: 6, 4: 4 }[gpus.length]!;
    await until(100 + costMs + stepMs - 0.001);
    expect(told).toEqual([]);
    await until(100 + costMs + 2 * stepMs);
    expect(ran).toMatchObject({ status: 'resolved', value: { steps: 2, durationMs: 2 * stepMs } });
    expect(ran.atMs).toBe(100 + costMs + 2 * stepMs);
  });

  it('pays 2 ms for a move by default', async () => {
    const { run, until } = await openSetup('a', {}, { switchMs: undefined as never });
    run('a', { steps: 1 });
    await until(10);
    const ran = run('a', { from: 1, steps: 1, gpus: [1] });
    await until(22);
    expect(ran.atMs).toBe(22);
  });

  it('pays nothing for the move of a request of the same name that was released', async () => {
    const { run, until, release, prepare } = await openSetup('a');
    run('a', { steps: 1 });
    await until(10);
    release('a');
    prepare('a');
    await until(10);
    const ran = run('a', { gpus: [1] });
    await until(50);
    expect(ran.atMs).toBe(50);
  });

  it('has the noise that it is given, one deviate each', async () => {
    const { run, until } = await openSetup('a', {}, { noise: { deviate: () => 2, stepCv: 0.1 } });
    const ran = run('a');
    await until(44);
    expect(ran).toMatchObject({ status: 'resolved', atMs: 44, value: { durationMs: 44 } });
  });
});

describe('GPUs', () => {
  it('of different calls work side by side', async () => {
    const { run, prepare, until } = await openSetup('a b');
    const [a, b, c] = [run('a', { gpus: [0] }), run('b', { gpus: [2, 3] }), prepare('c', { shape: big, gpu: 1 })];
    await until(100);
    expect([a.atMs, b.atMs, c.atMs]).toEqual([40, 24, 5]);
  });

  it('encode and decode one at a time, in the order of the calls', async () => {
    const { run, finish, prepare, until } = await openSetup('a b', { shape: big, steps: 1 });
    await until(10);
    run('a', { steps: 1, gpus: [0] });
    run('b', { steps: 1, gpus: [1] });
    await until(50);
    const calls = [finish('a'), prepare('c', { shape: big }), finish('b'), prepare('d', { shape: big, gpu: 1 })];
    await until(100);
    expect(calls.map(({ atMs }) => atMs)).toEqual([58, 63, 71, 55]);
  });

  it('encode and decode when a chunk is over, also nothing', async () => {
    const { run, finish, prepare, until } = await openSetup('a b');
    run('a', { gpus: [0, 1] });
    await until(24);
    run('b', { gpus: [0, 1] });
    const calls = [prepare('c', { gpu: 1, shape: big }), finish('a', { gpu: 0 }), finish('a', { gpu: 0 })];
    await until(100);
    expect(calls[0]!.atMs).toBe(24 + 24 + 5);
    expect(calls[1]!.atMs).toBe(48);
    expect(calls[2]).toMatchObject({ status: 'rejected', atMs: 24 });
  });

  it('start a chunk when encoding and decoding that came before are over, and keep it for later calls', async () => {
    const { run, prepare, until } = await openSetup('a b');
    const first = prepare('c', { shape: big, gpu: 1 });
    const ran = run('a', { gpus: [0, 1] });
    const second = prepare('d', { shape: big, gpu: 0 });
    const third = prepare('e', { shape: big, gpu: 1 });
    const other = run('b', { gpus: [2] });
    await until(100);
    expect([first.atMs, ran.atMs, second.atMs, third.atMs, other.atMs]).toEqual([5, 29, 34, 34, 40]);
    expect(ran.value).toEqual({ steps: 4, durationMs: 24 });
  });

  it('do not wait for each other in a circle', async () => {
    const { run, prepare, until } = await openSetup('a b');
    const calls = [
      prepare('c', { shape: big, gpu: 1 }),
      prepare('d', { shape: big, gpu: 2 }),
      run('a', { gpus: [1, 0] }),
      run('b', { gpus: [2, 3] }),
      prepare('e', { shape: big, gpu: 0 }),
      prepare('f', { shape: big, gpu: 3 }),
    ];
    await until(100);
    expect(calls.map(({ atMs }) => atMs)).toEqual([5, 5, 29, 29, 34, 34]);
  });
});
