import { afterEach, describe, expect, it } from 'vitest';
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

describe('an abort of a chunk', () => {
  it.each([
    ['at its start', 0, 0, 0],
    ['in the first step', 1, 10, 1],
    ['in the second step', 10.5, 20, 2],
    ['at a boundary', 20, 20, 2],
    ['a rounding error after a boundary', 20 + 1e-7, 20 + 1e-7, 2],
    ['in the last step', 31, 40, 4],
  ])('%s takes effect at the next step boundary', async (_, atMs, endMs, steps) => {
    const { run, until, clock } = await openSetup('a');
    const { signal, abort } = abortable();
    const told: number[] = [];
    const ran = run('a', { signal, onStep: (done) => told.push(done) });
    await until(atMs);
    abort();
    await until(100);
    expect(ran).toEqual({ status: 'resolved', atMs: endMs, value: { steps, durationMs: 10 * steps } });
    expect(told).toEqual([1, 2, 3, 4].slice(0, steps));
    expect(clock.pending).toBe(0);
    const rest = run('a', { from: steps, steps: Math.max(1, 4 - steps) });
    await until(200);
    expect(rest.status).toBe(steps === 4 ? 'rejected' : 'resolved');
  });

  it('while it moves takes effect at once', async () => {
    const { run, until } = await openSetup('a');
    run('a', { steps: 1 });
    await until(10);
    const { signal, abort } = abortable();
    const ran = run('a', { from: 1, steps: 3, gpus: [1], signal });
    await until(12);
    abort();
    await until(12);
    expect(ran).toEqual({ status: 'resolved', atMs: 12, value: { steps: 0, durationMs: 0 } });
  });

  it('when it is told of a step takes effect there', async () => {
    const { run, until } = await openSetup('a');
    const { signal, abort } = abortable();
    const ran = run('a', { signal, onStep: (done) => done === 2 && abort() });
    await until(100);
    expect(ran).toMatchObject({ atMs: 20, value: { steps: 2 } });
  });

  it('twice, and after its end, changes nothing', async () => {
    const { run, until } = await openSetup('a');
    const { signal, abort } = abortable();
    const ran = run('a', { steps: 2, signal });
    await until(5);
    abort();
    abort();
    await until(20);
    expect(ran.value).toMatchObject({ steps: 1 });
    const rest = run('a', { from: 1, steps: 3, signal: abortable().signal });
    abort();
    await until(50);
    expect(rest.value).toMatchObject({ steps: 3 });
  });

  it('before it is called leaves no step', async () => {
    const { run, until, backend } = await openSetup('a');
    const ran = run('a', { signal: AbortSignal.abort() });
    await until(0);
    expect(ran.value).toEqual({ steps: 0, durationMs: 0 });
    expect(backend.held()).toBe(1);
    const refused = run('a', { from: 1, steps: 1, signal: AbortSignal.abort() });
    await until(0);
    expect(refused).toEqual(rejected('wrong-step'));
  });

  it('of a batch leaves all members at the same step', async () => {
    const { run, until } = await openSetup('a b', { steps: 9 });
    const { signal, abort } = abortable();
    run('a b', { steps: 9, signal });
    await until(19);
    abort();
    await until(36);
    const both = [run('a', { from: 2, steps: 7 }), run('b', { from: 2, steps: 7, gpus: [1] })];
    await until(200);
    expect(both.map(({ status }) => status)).toEqual(['resolved', 'resolved']);
  });

  it('that waits for its turn takes effect at once', async () => {
    const { run, prepare, until } = await openSetup('a');
    const { signal, abort } = abortable();
    const prepared = prepare('b', { shape: big });
    const ran = run('a', { gpus: [0, 1], signal });
    await until(2);
    abort();
    await until(5);
    expect(ran).toMatchObject({ atMs: 2, value: { steps: 0 } });
    expect(prepared.atMs).toBe(5);
  });

  it('frees its GPUs and its requests when it takes effect', async () => {
    const { run, until } = await openSetup('a b');
    const { signal, abort } = abortable();
    run('a', { gpus: [0, 1], signal });
    await until(1);
    abort();
    await until(5.9);
    const early = run('b', { gpus: [1] });
    await until(6);
    const late = [run('b', { gpus: [1] }), run('a', { from: 1, steps: 3 })];
    await until(100);
    expect(early).toEqual(rejected('gpu-busy'));
    expect(late.map(({ status }) => status)).toEqual(['resolved', 'resolved']);
  });
});

describe('a signal', () => {
  it('is listened to until the call is answered, and no longer', async () => {
    const { backend, run, prepare, until, records } = await openSetup('a b');
    const { signal, abort } = abortable();
    let listeners = 0;
    const counted: AbortSignal = Object.create(signal, {
      aborted: { get: () => signal.aborted },
      addEventListener: { value: (...all: Parameters<AbortSignal['addEventListener']>) => (listeners++, signal.addEventListener(...all)) }, // prettier-ignore
      removeEventListener: { value: (...all: Parameters<AbortSignal['removeEventListener']>) => (listeners--, signal.removeEventListener(...all)) }, // prettier-ignore
    });
    run('a', { steps: 1, signal: counted });
    prepare('c', { signal: counted, shape: big });
    backend.faults.failNextChunk();
    run('b', { gpus: [1], signal: counted });
    expect(listeners).toBe(3);
    await until(12);
    // One waits for the other, and both are lost.
    prepare('d', { signal: counted, shape: big });
    backend.faults.loseGpu(0);
    await until(20);
    expect(listeners).toBe(0);
    const count = records.length;
    abort();
    await until(100);
    expect([records.length, backend.held()]).toEqual([count, 2]);
  });
});

describe('an abort of encoding or decoding', () => {
  it('lets what has begun run to its end', async () => {
    const { prepare, run, finish, until } = await openSetup();
    const { signal, abort } = abortable();
    const prepared = prepare('a', { shape: big, steps: 1, signal });
    await until(3);
    abort();
    await until(5);
    expect(prepared).toMatchObject({ status: 'resolved', atMs: 5 });
    run('a', { steps: 1 });
    await until(45);
    const second = abortable();
    const finished = finish('a', { signal: second.signal });
    await until(46);
    second.abort();
    await until(53);
    expect(finished).toMatchObject({ status: 'resolved', atMs: 53 });
  });

  it('before it has begun rejects at once; nothing is left of an encoding, all of a decoding', async () => {
    const { prepare, run, finish, until, backend } = await openSetup('a b');
    run('a', { gpus: [1] });
    await until(40);
    run('b', { gpus: [0] });
    const { signal, abort } = abortable();
    const [prepared, finished] = [prepare('c', { signal }), finish('a', { signal })];
    await until(41);
    expect(backend.held()).toBe(3);
    abort();
    await until(41);
    expect(prepared).toEqual(rejected('aborted', { state: 'lost' }));
    expect(finished).toEqual(rejected('aborted', { state: 'intact' }));
    expect(backend.held()).toBe(2);
    const again = [prepare('c'), finish('a')];
    await until(80);
    expect(again.map(({ status, atMs }) => [status, atMs])).toEqual([
      ['resolved', 80],
      ['resolved', 80],
    ]);
  });

  it('before it is called rejects', async () => {
    const { prepare, run, finish, until, backend } = await openSetup('a');
    run('a');
    await until(40);
    const signal = AbortSignal.abort();
    const [prepared, finished] = [prepare('b', { signal }), finish('a', { signal })];
    await until(40);
    expect(prepared).toEqual(rejected('aborted'));
    expect(finished).toEqual(rejected('aborted'));
    expect(backend.held()).toBe(1);
  });

  it('lets the next one have its turn', async () => {
    const { prepare, until } = await openSetup();
    const { signal, abort } = abortable();
    prepare('a', { shape: big });
    prepare('b', { shape: big, signal });
    const prepared = prepare('c', { shape: big });
    await until(1);
    abort();
    await until(100);
    expect(prepared.atMs).toBe(10);
  });
});

describe('release', () => {
  it('drops a request, and any number of times one that is unknown', async () => {
    const { backend, run, release, prepare, until } = await openSetup('a');
    run('a', { steps: 1 });
    await until(10);
    const released = [release('a'), release('a'), release('who')];
    expect(backend.held()).toBe(0);
    await until(10);
    expect(released.map(({ status }) => status)).toEqual(['resolved', 'resolved', 'resolved']);
    const refused = run('a', { from: 1, steps: 1 });
    prepare('a');
    await until(10);
    expect(refused).toEqual(rejected('not-prepared'));
    const ran = run('a');
    await until(50);
    expect(ran.value).toMatchObject({ steps: 4 });
  });

  it('in the middle of a chunk aborts it, and resolves with it', async () => {
    const { backend, run, release, until } = await openSetup('a b');
    const ran = run('a b');
    await until(20);
    const [released, again] = [release('a'), release('a')];
    await until(35.9);
    expect([released.status, again.status, ran.status]).toEqual(['pending', 'pending', 'pending']);
    expect(backend.held()).toBe(2);
    await until(36);
    expect(ran).toMatchObject({ status: 'resolved', atMs: 36, value: { steps: 2 } });
    expect([released.atMs, again.atMs]).toEqual([36, 36]);
    expect(backend.held()).toBe(1);
    // The other member goes on.
    const rest = run('b', { from: 2, steps: 2 });
    await until(56);
    expect(rest.status).toBe('resolved');
  });

  it('in the middle of a chunk frees the id at once, for a state of its own', async () => {
    const { backend, run, release, prepare, finish, until } = await openSetup('a', { payload: 'old' });
    const ran = run('a');
    await until(5);
    const released = release('a');
    const refused = run('a', { from: 0, gpus: [3] });
    const prepared = prepare('a', { steps: 1, payload: 'new', gpu: 1 });
    await until(5);
    expect(refused).toEqual(rejected('not-prepared'));
    expect(prepared.status).toBe('resolved');
    expect(backend.held()).toBe(2);
    const anew = run('a', { steps: 1, gpus: [1] });
    await until(10);
    expect([ran.value!.steps, released.status, backend.held()]).toEqual([1, 'resolved', 1]);
    await until(15);
    expect(anew).toMatchObject({ status: 'resolved', atMs: 15 });
    const finished = finish('a');
    await until(15);
    expect(finished.value).toEqual({ shape: '64x64', steps: 1, payload: 'new' });
  });

  it('of the state that came after waits for the one before as well', async () => {
    const { backend, run, release, prepare, until } = await openSetup('a');
    run('a');
    await until(5);
    release('a');
    prepare('a', { gpu: 1 });
    await until(5);
    const ran = run('a', { gpus: [1] });
    await until(7);
    const released = release('a');
    await until(10);
    expect([released.status, backend.held()]).toEqual(['pending', 1]);
    await until(15);
    expect([released.atMs, ran.value!.steps, backend.held()]).toEqual([15, 1, 0]);
  });

  it('in the middle of encoding and decoding waits for the end, and drops what comes of it', async () => {
    const { backend, prepare, run, finish, release, until } = await openSetup('a', { shape: big, steps: 1 });
    run('a', { steps: 1 });
    await until(45);
    const calls: Watched<unknown>[] = [finish('a'), prepare('b', { shape: big, gpu: 1 })];
    await until(46);
    const released = [release('a'), release('b')];
    await until(100);
    expect(calls.map(({ status, atMs }) => [status, atMs])).toEqual([
      ['resolved', 53],
      ['resolved', 50],
    ]);
    expect(released.map(({ atMs }) => atMs)).toEqual([53, 50]);
    expect(backend.held()).toBe(0);
  });

  it('of what waits for its turn is done at once', async () => {
    const { backend, prepare, run, release, until } = await openSetup('a b');
    run('a');
    const prepared = prepare('c');
    await until(1);
    const released = release('c');
    expect(backend.held()).toBe(2);
    await until(1);
    expect(prepared).toEqual(rejected('aborted'));
    expect(released.status).toBe('resolved');
  });

  it('resolves before open, after close, and once the backend was lost', async () => {
    const fresh = createSetup();
    const open = await openSetup('a');
    open.backend.faults.die();
    const closed = await openSetup('a');
    closed.close();
    const released = [fresh.release('a'), open.release('a'), closed.release('a')];
    for (const setup of [fresh, open, closed]) await setup.until(0);
    expect(released.map(({ status }) => status)).toEqual(['resolved', 'resolved', 'resolved']);
  });
});

describe('close', () => {
  it('ends everything at once, and drops everything', async () => {
    const { backend, clock, prepare, run, finish, close, until, release } = await openSetup('a b c');
    run('a', { gpus: [3] });
    await until(40);
    const told: number[] = [];
    const calls: Watched<unknown>[] = [
      run('b', { gpus: [0, 1], onStep: (done) => told.push(done) }),
      prepare('d', { shape: big, gpu: 2 }),
      run('c', { gpus: [2] }),
      prepare('e', { gpu: 2 }),
      finish('a', { gpu: 0 }),
    ];
    await until(43);
    const released = release('b');
    const closed = close();
    expect([backend.held(), clock.pending]).toEqual([0, 0]);
    await until(43);
    for (const call of calls) expect(call).toEqual(rejected('backend-closed', { state: 'lost', steps: 0 }));
    expect([closed.status, released.status]).toEqual(['resolved', 'resolved']);
    await until(1000);
    expect(told).toEqual([]);
  });

  it('resolves after the calls that it ends, again and again', async () => {
    const { backend, run, until } = await openSetup('a');
    const order: string[] = [];
    const ran = run('a');
    const note = (what: string) => () => void order.push(what);
    const second = backend.run({ members: [{ requestId: 'a', fromStep: 0 }], steps: 1, gpus: [1], signal: abortable().signal }); // prettier-ignore
    void second.catch(note('busy'));
    void backend.close().then(note('closed'));
    void backend.close().then(note('closed again'));
    await until(0);
    await backend.close();
    expect(ran).toEqual(rejected('backend-closed'));
    expect(order).toEqual(['busy', 'closed', 'closed again']);
  });

  it('in the middle of being told of a step leaves nothing', async () => {
    const { backend, clock, run, until } = await openSetup('a');
    const told: number[] = [];
    const ran = run('a', {
      onStep(done) {
        told.push(done);
        void backend.close();
      },
    });
    await until(100);
    expect(ran).toEqual(rejected('backend-closed'));
    expect([told, clock.pending]).toEqual([[1], 0]);
  });

  it('reports nothing any more', async () => {
    const { backend, events, close, until } = await openSetup('a');
    backend.faults.loseGpu(1);
    close();
    backend.faults.restoreGpu(1);
    backend.faults.loseGpu(2);
    backend.faults.die();
    await until(0);
    expect(events).toEqual([{ type: 'gpu-lost', gpu: 1, detail: 'GPU 1 was lost' }]);
  });
});
