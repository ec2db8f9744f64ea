import { afterEach, describe, expect, it } from 'vitest';
import type { BackendEvent } from '../../src/backends/index.js';
import {
  abortable,
  big,
  createSetup,
  expectNothingLeft,
  openSetup,
  rejected,
  type Watched,
} from './simulated-setup.js';

afterEach(expectNothingLeft);

describe('a chunk that is told to fail', () => {
  it.each([
    [0, 10, 0],
    [1, 20, 1],
    [3, 40, 3],
    [4, 40, 4],
    [9, 40, 4],
  ])('after %d steps does so at the end of the next, or of all', async (afterSteps, atMs, steps) => {
    const { backend, run, finish, until, clock } = await openSetup('a');
    backend.faults.failNextChunk({ afterSteps });
    const told: number[] = [];
    const ran = run('a', { onStep: (done) => told.push(done) });
    await until(100);
    expect(ran).toEqual(rejected('chunk-failed', { state: 'intact', steps, requestIds: undefined, gpus: undefined }));
    expect(ran.atMs).toBe(atMs);
    expect(told).toEqual([1, 2, 3, 4].slice(0, steps));
    expect(clock.pending).toBe(0);
    // It goes on from there.
    const rest: Watched<unknown> = steps === 4 ? finish('a') : run('a', { from: steps, steps: 4 - steps });
    await until(200);
    expect(rest.status).toBe('resolved');
  });

  it('can lose the state', async () => {
    const { backend, run, prepare, until } = await openSetup('a b');
    backend.faults.failNextChunk({ afterSteps: 2, state: 'lost' });
    const ran = run('a b');
    await until(54);
    expect(ran).toEqual(rejected('chunk-failed', { state: 'lost', steps: 0 }));
    expect(backend.held()).toBe(0);
    const refused = run('a');
    const prepared = prepare('b');
    await until(54);
    expect(refused).toEqual(rejected('not-prepared'));
    expect(prepared.status).toBe('resolved');
  });

  it('is the next one, and one only', async () => {
    const { backend, run, until } = await openSetup('a b c');
    backend.faults.failNextChunk();
    backend.faults.failNextChunk({ state: 'lost' });
    const calls = [run('a', { gpus: [0] }), run('b', { gpus: [1] }), run('c', { gpus: [2] })];
    await until(40);
    expect(calls.map(({ error }) => error?.state)).toEqual(['intact', 'lost', undefined]);
  });

  it('may be the next one of a request, and may name it', async () => {
    const { backend, run, until } = await openSetup('a b c');
    backend.faults.failNextChunk({ requestId: 'c', blame: true });
    const other = run('a', { steps: 1 });
    await until(10);
    const ran = run('b c');
    await until(28);
    expect(other.status).toBe('resolved');
    expect(ran).toEqual(rejected('chunk-failed', { requestIds: ['c'], state: 'intact' }));
    backend.faults.failNextChunk({ blame: true });
    const first = run('b c');
    await until(46);
    expect(first).toEqual(rejected('chunk-failed', { requestIds: ['b'] }));
  });

  it('resolves if it is aborted before', async () => {
    const { backend, run, until } = await openSetup('a');
    backend.faults.failNextChunk({ afterSteps: 2 });
    const { signal, abort } = abortable();
    const ran = run('a', { signal });
    await until(15);
    abort();
    await until(40);
    expect(ran).toMatchObject({ status: 'resolved', value: { steps: 2 } });
  });

  it('does not if it is closed when it is told of its last step', async () => {
    const { backend, run, until, records } = await openSetup('a');
    backend.faults.failNextChunk({ afterSteps: 4 });
    const ran = run('a', { onStep: (done) => done === 4 && backend.close() });
    await until(100);
    expect(ran).toEqual(rejected('backend-closed'));
    expect(records).toHaveLength(1);
  });

  it('frees its GPU for who waits', async () => {
    const { backend, run, prepare, until } = await openSetup('a');
    backend.faults.failNextChunk();
    run('a');
    const prepared = prepare('b', { shape: big });
    await until(50);
    expect(prepared.atMs).toBe(15);
  });

  it.each([-1, 0.5, NaN])('cannot do so after %d steps', async (afterSteps) => {
    const { backend } = await openSetup();
    expect(() => backend.faults.failNextChunk({ afterSteps })).toThrow(
      expect.objectContaining({ code: 'out-of-range', path: 'afterSteps' }),
    );
  });
});

describe('encoding and decoding that are told to fail', () => {
  it('do so at their end, once; nothing is left of an encoding, all of a decoding', async () => {
    const { backend, prepare, run, finish, until } = await openSetup();
    backend.faults.failNextPrepare();
    backend.faults.failNextFinish();
    const encoded = [prepare('a', { shape: big, steps: 1 }), prepare('a', { shape: big, gpu: 1 })];
    await until(5);
    expect(encoded).toEqual([rejected('chunk-failed', { state: 'lost' }), rejected('request-busy')]);
    expect([encoded[0]!.atMs, backend.held()]).toEqual([5, 0]);
    prepare('a', { shape: big, steps: 1 });
    await until(10);
    run('a', { steps: 1 });
    await until(50);
    const failed = finish('a');
    await until(58);
    expect(failed).toEqual(rejected('chunk-failed', { state: 'intact', steps: 0 }));
    const finished = finish('a');
    await until(66);
    expect(finished.status).toBe('resolved');
  });

  it('may be those of one request, and may lose the state', async () => {
    const { backend, prepare, run, finish, until } = await openSetup();
    backend.faults.failNextPrepare({ requestId: 'b' });
    backend.faults.failNextFinish({ requestId: 'a', state: 'lost' });
    const encoded = [prepare('a'), prepare('b'), prepare('c')];
    await until(0);
    expect(encoded.map(({ status }) => status)).toEqual(['resolved', 'rejected', 'resolved']);
    run('a', { gpus: [0] });
    run('c', { gpus: [1] });
    await until(40);
    const decoded = [finish('c'), finish('a')];
    await until(40);
    expect(decoded.map(({ status }) => status)).toEqual(['resolved', 'rejected']);
    expect(decoded[1]).toEqual(rejected('chunk-failed', { state: 'lost' }));
    expect(backend.held()).toBe(1);
  });
});

describe('a poisonous payload', () => {
  const options = { isPoisonous: (payload: unknown) => String(payload).startsWith('poison') };

  it('fails every chunk that it is in, at the end of the first step, and is named', async () => {
    const { run, prepare, until } = await openSetup('a', {}, options);
    prepare('b', { payload: 'poison 1' });
    prepare('c', { payload: 'poison 2' });
    await until(0);
    const first = run('a b c', { steps: 3 });
    await until(25);
    const second = run('b', { steps: 1 });
    const third = run('a', { steps: 4, gpus: [1] });
    await until(100);
    expect(first).toEqual(rejected('chunk-failed', { state: 'intact', steps: 0, requestIds: ['b', 'c'] }));
    expect(second).toEqual(rejected('chunk-failed', { requestIds: ['b'] }));
    expect([first.atMs, second.atMs, third.status]).toEqual([25, 35, 'resolved']);
  });

  it('need not be named, and leaves failures that wait to others', async () => {
    const { backend, run, prepare, until } = await openSetup('a', {}, { ...options, blames: false });
    backend.faults.failNextChunk({ state: 'lost' });
    prepare('b', { payload: 'poison' });
    await until(0);
    const [first, second] = [run('b'), run('a', { gpus: [1] })];
    await until(100);
    expect(first).toEqual(rejected('chunk-failed', { requestIds: undefined, state: 'intact' }));
    expect(second).toEqual(rejected('chunk-failed', { state: 'lost' }));
  });
});

describe('a GPU that is lost', () => {
  it('ends its chunk, keeps the steps that were done, and is reported once', async () => {
    const { backend, run, events, until, clock } = await openSetup('a b');
    const told: number[] = [];
    const ran = run('a b', { gpus: [0, 1], onStep: (done) => told.push(done) });
    await until(30);
    backend.faults.loseGpu(1);
    backend.faults.loseGpu(1);
    expect(clock.pending).toBe(0);
    await until(100);
    expect(ran).toEqual(rejected('gpu-lost', { state: 'intact', steps: 2, gpus: [1] }));
    expect([ran.atMs, told]).toEqual([30, [1, 2]]);
    expect(events).toEqual([{ type: 'gpu-lost', gpu: 1, detail: 'GPU 1 was lost' }]);
    const rest = run('a b', { from: 2, steps: 2 });
    await until(139);
    expect(rest.status).toBe('resolved');
  });

  it('can take the state of its requests with it, and no other', async () => {
    const { backend, run, until } = await openSetup('a b c');
    const [lost, other] = [run('a', { gpus: [1] }), run('b', { gpus: [2] })];
    await until(30);
    backend.faults.loseGpu(1, { state: 'lost' });
    await until(40);
    expect(lost).toEqual(rejected('gpu-lost', { state: 'lost', steps: 0, gpus: [1] }));
    expect(other.status).toBe('resolved');
    expect(backend.held()).toBe(2);
  });

  it('ends encoding and decoding there, and what waits, without letting it begin', async () => {
    const { backend, prepare, run, finish, until, records } = await openSetup('a b', { shape: big, steps: 1 });
    run('a', { steps: 1 });
    run('b', { steps: 1, gpus: [1] });
    await until(50);
    records.length = 0;
    const calls: Watched<unknown>[] = [
      finish('a'),
      prepare('c', { shape: big, gpu: 0 }),
      finish('b'),
      prepare('d', { shape: big, gpu: 1 }),
    ];
    await until(52);
    backend.faults.loseGpu(0);
    await until(100);
    expect(calls).toEqual([
      rejected('gpu-lost', { state: 'intact', gpus: [0] }),
      rejected('gpu-lost', { state: 'lost', gpus: [0] }),
      rejected('gpu-lost', { state: 'intact', gpus: [0] }),
      expect.objectContaining({ status: 'resolved', atMs: 55 }),
    ]);
    expect(records.map(({ stage, startMs, endMs, cut }) => [stage, startMs, endMs, cut])).toEqual([
      ['decode', 50, 52, 'gpu-lost'],
      ['encode', 50, 55, undefined],
    ]);
    expect(backend.held()).toBe(3);
  });

  it('ends a chunk that waits for another of its GPUs, which goes on to the next', async () => {
    const { backend, prepare, run, until } = await openSetup('a');
    prepare('b', { shape: big, gpu: 0 });
    const ran = run('a', { gpus: [0, 1] });
    const prepared = prepare('c', { shape: big, gpu: 0 });
    await until(2);
    backend.faults.loseGpu(1);
    await until(100);
    expect(ran).toEqual(rejected('gpu-lost', { state: 'intact', steps: 0 }));
    expect([ran.atMs, prepared.atMs]).toEqual([2, 10]);
  });

  it('comes back as good as new, and that is reported once', async () => {
    const { backend, run, events, until } = await openSetup('a');
    const { faults } = backend;
    faults.restoreGpu(0);
    faults.stall(0);
    const ran = run('a');
    await until(15);
    faults.loseGpu(0);
    faults.restoreGpu(0);
    faults.restoreGpu(0);
    const rest = run('a');
    await until(100);
    expect(ran).toEqual(rejected('gpu-lost', { steps: 0 }));
    expect(rest).toMatchObject({ status: 'resolved', atMs: 55 });
    expect(events).toEqual([
      { type: 'gpu-lost', gpu: 0, detail: 'GPU 0 was lost' },
      { type: 'gpu-back', gpu: 0 },
    ]);
  });

  it('is lost for a listener that looks, or makes calls', async () => {
    const setup = createSetup();
    const calls: Watched<unknown>[] = [];
    await setup.backend.open(({ type }) => void calls.push(setup.prepare(type)));
    setup.backend.faults.loseGpu(0);
    setup.backend.faults.restoreGpu(0);
    await setup.until(0);
    expect(calls).toEqual([rejected('gpu-lost'), expect.objectContaining({ status: 'resolved' })]);
  });

  it('leaves the id to a state that came after', async () => {
    const { backend, run, release, prepare, until } = await openSetup('a');
    const ran = run('a', { gpus: [1] });
    await until(5);
    const released = release('a');
    prepare('a', { gpu: 0 });
    await until(5);
    backend.faults.loseGpu(1, { state: 'lost' });
    await until(5);
    expect(ran).toEqual(rejected('gpu-lost', { state: 'lost' }));
    expect([released.status, backend.held()]).toEqual(['resolved', 1]);
    const anew = run('a');
    await until(45);
    expect(anew.value).toMatchObject({ steps: 4 });
  });

  it('is not lost where the backend is not open', async () => {
    const { backend, prepare, open, events, until } = createSetup();
    backend.faults.loseGpu(0);
    backend.faults.die();
    await open();
    const prepared = prepare('a');
    await until(0);
    expect([prepared.status, events]).toEqual(['resolved', []]);
  });
});

describe('a stall', () => {
  it('of a GPU stops what runs on it, till it is over', async () => {
    const { backend, run, prepare, until, clock } = await openSetup('a b');
    const told: [number, number][] = [];
    const ran = run('a', { gpus: [0, 1], onStep: (done) => told.push([done, clock.nowMs()]) });
    const waits = prepare('c', { gpu: 1 });
    const other = run('b', { gpus: [2] });
    await until(15);
    backend.faults.stall(1);
    backend.faults.stall(1);
    await until(1000);
    expect([ran.status, waits.status, other.status]).toEqual(['pending', 'pending', 'resolved']);
    expect(clock.pending).toBe(0);
    backend.faults.unstall(1);
    await until(2000);
    expect(told).toEqual([
      [1, 6],
      [2, 12],
      [3, 1003],
      [4, 1009],
    ]);
    // The steps took as long as they took.
    expect(ran).toMatchObject({ atMs: 1009, value: { steps: 4, durationMs: 24 + 985 } });
    expect(waits.atMs).toBe(1009);
  });

  it('of a GPU stops what comes to it, encoding and decoding too', async () => {
    const { backend, run, prepare, until } = await openSetup('a');
    backend.faults.stall(0);
    const prepared = prepare('b', { shape: big });
    const ran = run('a', { gpus: [0, 1] });
    await until(100);
    expect(prepared.status).toBe('pending');
    backend.faults.unstall(0);
    await until(200);
    expect([prepared.atMs, ran.atMs]).toEqual([105, 129]);
  });

  it('during a move counts for no step', async () => {
    const { backend, run, until } = await openSetup('a');
    run('a', { steps: 1 });
    await until(10);
    const ran = run('a', { from: 1, steps: 3, gpus: [1] });
    await until(11);
    backend.faults.stall(1);
    await until(111);
    backend.faults.unstall(1);
    await until(200);
    expect(ran).toMatchObject({ atMs: 143, value: { steps: 3, durationMs: 30 } });
  });

  it('of the next chunk ends with that of any of its GPUs', async () => {
    const { backend, run, until } = await openSetup('a b');
    backend.faults.stallNextChunk({ requestId: 'b' });
    const other = run('a', { steps: 1 });
    await until(10);
    const ran = run('b', { gpus: [0, 1] });
    await until(100);
    expect([other.status, ran.status]).toEqual(['resolved', 'pending']);
    backend.faults.unstall(2);
    await until(110);
    backend.faults.unstall(1);
    await until(200);
    expect(ran.atMs).toBe(134);
    const next = run('a', { from: 1, steps: 3 });
    await until(230);
    expect(next.status).toBe('resolved');
  });

  it('of two GPUs ends with the later one', async () => {
    const { backend, run, until } = await openSetup('a');
    const ran = run('a', { gpus: [0, 1] });
    await until(6);
    backend.faults.stall(0);
    await until(10);
    backend.faults.stall(1);
    await until(20);
    backend.faults.unstall(0);
    await until(30);
    expect(ran.status).toBe('pending');
    backend.faults.unstall(1);
    await until(100);
    expect(ran.atMs).toBe(30 + 18);
  });

  it.each([
    // What was left of the step when it stalled.
    ['in a step', 15, 105],
    ['at a boundary', 20, 100],
  ])('%s does not answer to an abort before it is over', async (_, atMs, endMs) => {
    const { backend, run, until } = await openSetup('a');
    const { signal, abort } = abortable();
    const ran = run('a', { signal });
    await until(atMs);
    backend.faults.stall(0);
    abort();
    await until(100);
    expect(ran.status).toBe('pending');
    backend.faults.unstall(0);
    await until(200);
    expect(ran).toMatchObject({ atMs: endMs, value: { steps: 2 } });
  });

  it('when it is told of the last step keeps the answer', async () => {
    const { backend, run, until } = await openSetup('a');
    const ran = run('a', { onStep: (done) => done === 4 && backend.faults.stall(0) });
    await until(100);
    expect(ran.status).toBe('pending');
    backend.faults.unstall(0);
    await until(100);
    expect(ran).toMatchObject({ status: 'resolved', atMs: 100, value: { steps: 4, durationMs: 40 } });
  });

  it('ends with the release of a member, at once', async () => {
    const { backend, run, release, until } = await openSetup('a b');
    const ran = run('a b');
    await until(40);
    backend.faults.stall(0);
    await until(100);
    const released = release('b');
    await until(100);
    expect(ran).toMatchObject({ status: 'resolved', atMs: 100, value: { steps: 2, durationMs: 36 } });
    expect([released.status, backend.held()]).toEqual(['resolved', 1]);
  });

  it('cannot begin once a call was released', async () => {
    const { backend, run, release, until } = await openSetup('a');
    run('a');
    await until(5);
    const released = release('a');
    backend.faults.stall(0);
    await until(10);
    expect(released).toMatchObject({ status: 'resolved', atMs: 10 });
  });

  it('ends with close, with the loss of the GPU, and with that of the backend', async () => {
    const ends = [
      ['backend-closed', ({ backend }: ReturnType<typeof createSetup>) => void backend.close()],
      ['gpu-lost', ({ backend }: ReturnType<typeof createSetup>) => backend.faults.loseGpu(0)],
      ['backend-lost', ({ backend }: ReturnType<typeof createSetup>) => backend.faults.die()],
    ] as const;
    for (const [code, end] of ends) {
      const setup = await openSetup('a');
      setup.backend.faults.stallNextChunk();
      const ran = setup.run('a');
      await setup.until(100);
      end(setup);
      await setup.until(100);
      expect(ran).toEqual(rejected(code));
    }
  });
});

describe('a slow GPU', () => {
  it('slows down its chunks, moving included, by the slowest of the group', async () => {
    const { backend, run, prepare, until } = await openSetup('a');
    backend.faults.slowGpu(1, 3);
    backend.faults.slowGpu(2, 2);
    const first = run('a', { steps: 1, gpus: [0, 1] });
    await until(18);
    const second = run('a', { from: 1, steps: 1, gpus: [1, 2] });
    const encoded = prepare('b', { shape: big, gpu: 3 });
    await until(45);
    const third = run('a', { from: 2, steps: 1, gpus: [2, 3] });
    await until(100);
    backend.faults.slowGpu(2, 1);
    const fourth = run('a', { from: 3, steps: 1, gpus: [2, 3] });
    await until(200);
    expect(first).toMatchObject({ atMs: 18, value: { durationMs: 18 } });
    expect(second).toMatchObject({ atMs: 45, value: { durationMs: 18 } });
    expect(third).toMatchObject({ atMs: 45 + 6 + 12, value: { durationMs: 12 } });
    expect([fourth.atMs, encoded.atMs]).toEqual([106, 23]);
  });

  it.each([0, -1, Infinity])('cannot be %d times as slow', async (factor) => {
    const { backend } = await openSetup();
    expect(() => backend.faults.slowGpu(0, factor)).toThrow(expect.objectContaining({ path: 'factor' }));
  });
});

describe('the loss of the backend', () => {
  it('ends everything, drops everything, and is reported once', async () => {
    const { backend, clock, run, prepare, events, until } = await openSetup('a b');
    const calls: Watched<unknown>[] = [run('a'), prepare('c', { shape: big, gpu: 1 }), prepare('d', { gpu: 0 })];
    await until(3);
    backend.faults.die('the cable');
    backend.faults.die();
    expect([backend.held(), clock.pending]).toEqual([0, 0]);
    await until(100);
    for (const call of calls) expect(call).toEqual(rejected('backend-lost', { state: 'lost', steps: 0 }));
    expect(events).toEqual([{ type: 'lost', detail: 'the cable' }]);
    expect(calls[0]!.error!.message).toBe('the cable');
  });

  it('ends with open: all GPUs are there, no state is', async () => {
    const { backend, run, prepare, events, until, watch } = await openSetup('a');
    backend.faults.loseGpu(0);
    backend.faults.stall(1);
    backend.faults.die();
    const later: BackendEvent[] = [];
    const opened = watch(backend.open((event) => later.push(event)));
    await until(0);
    expect(opened.value!.cluster.gpus).toHaveLength(4);
    const refused = run('a');
    prepare('a');
    prepare('b', { gpu: 1 });
    await until(0);
    expect(refused).toEqual(rejected('not-prepared'));
    const calls = [run('a'), run('b', { gpus: [1] })];
    await until(40);
    expect(calls.map(({ status }) => status)).toEqual(['resolved', 'resolved']);
    backend.faults.loseGpu(2);
    expect(events.map(({ type }) => type)).toEqual(['gpu-lost', 'lost']);
    expect(later.map(({ type }) => type)).toEqual(['gpu-lost']);
  });
});

it.each([
  ['loseGpu', (faults: ReturnType<typeof createSetup>['backend']['faults']) => faults.loseGpu(7)],
  ['restoreGpu', (faults: ReturnType<typeof createSetup>['backend']['faults']) => faults.restoreGpu(7)],
  ['stall', (faults: ReturnType<typeof createSetup>['backend']['faults']) => faults.stall(7)],
  ['unstall', (faults: ReturnType<typeof createSetup>['backend']['faults']) => faults.unstall(7)],
  ['slowGpu', (faults: ReturnType<typeof createSetup>['backend']['faults']) => faults.slowGpu(7, 2)],
])('%s of a GPU that the cluster does not have is a mistake', (_, call) => {
  expect(() => call(createSetup().backend.faults)).toThrow(
    expect.objectContaining({ code: 'unknown-gpu', received: 7 }),
  );
});
