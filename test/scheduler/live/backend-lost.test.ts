import { describe, expect, it } from 'vitest';
import { BackendError } from '../../../src/backends/index.js';
import { createCluster } from '../../../src/model/index.js';
import { createVirtualClock } from '../../../src/simulation/index.js';
import { fakeBackend, gate } from './fake-backend.js';
import { completed, failedFor, live, liveOn } from './setup.js';

const big = { shape: '128x128', steps: 2 };

describe('a backend that dies', () => {
  it('is opened again, and what was there starts over', async () => {
    const { backend, scheduler, submit, until, ended } = await live(2);
    const running = [submit('a'), submit('b', big)];
    const queued = submit('c');
    await until(25);
    backend.faults.die('no power');
    await until(25);
    expect(scheduler.status()).toMatchObject({ waiting: 3, running: 0 });
    expect(scheduler.status().gpus.map(({ state }) => state)).toEqual(['lost', 'lost']);
    expect(running[0]!.progress.at(-1)).toBe('queued');
    // After the delay of a second.
    await until(1024);
    expect(scheduler.status().running).toBe(0);
    await ended(...running, queued);
    expect(running[0]!.outcome).toMatchObject(completed(1025 + 40, { onTime: false }));
    expect(running[1]!.outcome).toMatchObject(completed(1025 + 93, { onTime: false }));
    expect(queued.outcome).toMatchObject(completed(1025 + 80, { onTime: false }));
  });

  it('while it decodes or encodes is no failure of the requests', async () => {
    const { backend, submit, until, ended } = await live(2, { maxFailures: 1, reconnect: { delayMs: 10 } });
    const a = submit('a', big);
    await until(84);
    const b = submit('b', big);
    await until(87);
    backend.faults.die();
    await ended(a, b);
    expect(a.outcome).toMatchObject(completed(87 + 10 + 93));
    expect(b.outcome).toMatchObject(completed(87 - 84 + 10 + 93));
  });

  it('ends who was cancelled, at once', async () => {
    const { backend, submit, until, ended } = await live(1);
    const a = submit('a');
    await until(15);
    void a.handle.cancel();
    backend.faults.die();
    await ended(a);
    expect(a).toMatchObject({ outcome: { status: 'cancelled' }, endMs: 15 });
  });

  it('takes new requests meanwhile', async () => {
    const { backend, submit, until, ended } = await live(1);
    backend.faults.die();
    await until(10);
    const a = submit('a', { deadlineMs: 9999 });
    await ended(a);
    expect(a.outcome).toMatchObject(completed(1000 - 10 + 40));
  });

  it('may die again', async () => {
    const { backend, submit, until, ended } = await live(1, { reconnect: { attempts: 1, delayMs: 10 } });
    const a = submit('a');
    for (const atMs of [15, 40, 65]) {
      await until(atMs);
      backend.faults.die();
    }
    await ended(a);
    expect(a.outcome).toMatchObject(completed(75 + 40));
  });

  it('and says so only by the error of a call, is opened again', async () => {
    const run = gate<{ steps: number }>();
    const { backend, clock, submit, ended } = await liveOn(fakeBackend({ run: run.wait }));
    const a = submit('a');
    await clock.advance(1);
    run.reject(new BackendError('backend-lost', 'gone'));
    await clock.advance(1000);
    run.resolve({ steps: 4 });
    await ended(a);
    expect(backend.calls).toEqual([
      ...['open', 'prepare a on 0', 'run a 0..4 on 0', 'release a'],
      ...['open', 'prepare a on 0', 'run a 0..4 on 0', 'finish a on 0', 'release a'],
    ]);
  });

  it('and says so by event and errors, dies once', async () => {
    const run = gate<{ steps: number }>();
    const { backend, clock, submit, ended } = await liveOn(fakeBackend({ gpus: 2, run: run.wait }));
    const [a, b] = [submit('a'), submit('b')];
    await clock.advance(1);
    run.reject(new BackendError('backend-lost', 'gone'));
    backend.listener({ type: 'lost', detail: 'gone' });
    backend.listener({ type: 'lost', detail: 'gone' });
    await clock.advance(1000);
    // A call of before ends only now that all is well again.
    run.reject(new BackendError('backend-lost', 'gone'));
    await clock.advance(1);
    run.resolve({ steps: 4 });
    run.resolve({ steps: 4 });
    await ended(a, b);
    expect(backend.calls.filter((call) => call === 'open')).toHaveLength(2);
    expect([a.outcome, b.outcome]).toMatchObject([{ status: 'completed' }, { status: 'completed' }]);
  });

  it('in the middle of an encoding whose answer comes late does not run steps for it', async () => {
    const prepare = gate<undefined>();
    const { backend, clock, submit, ended } = await liveOn(fakeBackend({ prepare: prepare.wait }));
    const a = submit('a');
    await clock.advance(1);
    backend.listener({ type: 'lost', detail: 'gone' });
    await clock.advance(1000);
    expect(prepare.waiting).toBe(2);
    prepare.resolve(undefined);
    await clock.advance(1);
    expect(backend.calls.slice(-1)).toEqual(['prepare a on 0']);
    prepare.resolve(undefined);
    await ended(a);
    expect(backend.calls.filter((call) => call.startsWith('run'))).toHaveLength(1);
  });
});

describe('opening a backend again', () => {
  /** Opens once, and then fails so many times, in one of these ways. */
  const failing = (times: number, answer: () => never) => {
    let opened = 0;
    const atMs: number[] = [];
    const now = { ms: (): number => 0 };
    const backend = fakeBackend({
      open: () => {
        atMs.push(now.ms());
        return opened++ > 0 && opened <= times + 1 ? answer() : Promise.resolve({ cluster: createCluster(1) });
      },
    });
    return { backend, atMs, now };
  };
  const refuse = (): never => Promise.reject(new Error('not yet')) as never;

  it.each<[how: string, answer: () => never, message: string]>([
    ['is refused', refuse, 'not yet'],
    [
      'throws',
      () => {
        throw new Error('thrown');
      },
      'thrown',
    ],
    ['says nothing', () => Promise.resolve() as never, "Cannot destructure property 'cluster'"],
    ['tells of no GPUs', () => Promise.resolve({}) as never, 'Cannot read properties of undefined'],
  ])('is tried again when it %s, after twice the time', async (_, answer, message) => {
    const { backend, atMs, now } = failing(3, answer);
    const { clock, submit, ended, errors } = await liveOn(backend, { reconnect: { attempts: 4, delayMs: 100 } });
    now.ms = () => clock.nowMs();
    backend.listener({ type: 'lost', detail: 'gone' });
    const a = submit('a', { deadlineMs: 9999 });
    await ended(a);
    expect(atMs).toEqual([0, 100, 300, 700, 1500]);
    expect(a.outcome).toMatchObject(completed(1500));
    expect(errors).toHaveLength(3);
    expect(errors[0]).toContain(`reconnect: ${message}`);
  });

  it('is given up after the last attempt, and every request with it', async () => {
    const { backend } = failing(9, refuse);
    const world = await liveOn(backend, { reconnect: { attempts: 2, delayMs: 100 } });
    const a = world.submit('a');
    await world.clock.advance(0);
    backend.listener({ type: 'lost', detail: 'no power' });
    const b = world.submit('b');
    await world.ended(a, b);
    expect(b).toMatchObject({ outcome: failedFor('backend-lost', 'no power'), endMs: 300, accepted: true });
    const c = world.submit('c');
    await world.ended(c);
    expect(c).toMatchObject({ outcome: { status: 'refused', reason: 'backend-lost' }, accepted: false });
    await world.scheduler.drain();
    expect(world.clock.pending).toBe(0);
    expect(world.errors).toEqual(['reconnect: not yet', 'reconnect: not yet']);
  });

  it.each<[why: string, reconnect: false | undefined, reopens: boolean]>([
    ['that is not wanted', false, true],
    ['that the backend cannot do', undefined, false],
  ])('%s is not tried', async (_, reconnect, reopens) => {
    const backend = fakeBackend({ run: () => new Promise(() => undefined), capabilities: { reopens } });
    const world = await liveOn(backend, reconnect === undefined ? {} : { reconnect });
    const [a, b] = [world.submit('a'), world.submit('b')];
    await world.until(10);
    backend.listener({ type: 'lost', detail: 'no power' });
    await world.ended(a, b);
    expect(a).toMatchObject({ outcome: failedFor('backend-lost', 'no power'), endMs: 10 });
    expect(b).toMatchObject({ outcome: failedFor('backend-lost', 'no power'), endMs: 10 });
    expect(backend.calls.filter((call) => call === 'open')).toHaveLength(1);
  });

  it('counts attempts in a row: a backend that opens and dies at once is given up too', async () => {
    const atMs: number[] = [];
    const clock = createVirtualClock();
    const backend = fakeBackend({
      open: (listener) => {
        atMs.push(clock.nowMs());
        if (atMs.length > 1) clock.schedule(clock.nowMs() + 1, () => listener({ type: 'lost', detail: 'again' }));
        return Promise.resolve({ cluster: createCluster(1) });
      },
      run: () => new Promise(() => undefined),
    });
    const world = await liveOn(backend, { clock, reconnect: { attempts: 3, delayMs: 100 } });
    const a = world.submit('a', { deadlineMs: 9999 });
    backend.listener({ type: 'lost', detail: 'gone' });
    await world.ended(a);
    expect(atMs).toEqual([0, 100, 301, 702]);
    expect(a.outcome).toEqual(failedFor('backend-lost', 'again'));
  });

  it('counts attempts anew after a step, and not before', async () => {
    const { backend, submit, until, ended, scheduler } = await live(1, { reconnect: { attempts: 1, delayMs: 10 } });
    const a = submit('a');
    await until(5);
    backend.faults.die();
    // Open again at 15; the first step is done at 25.
    await until(24);
    backend.faults.die();
    await ended(a);
    expect(a).toMatchObject({ outcome: failedFor('backend-lost'), endMs: 24 });
    expect(scheduler.status().waiting).toBe(0);
  });

  it('counts attempts anew after a minute', async () => {
    const { backend, submit, until, ended } = await live(1, { reconnect: { attempts: 1, delayMs: 10 } });
    for (const atMs of [0, 60_010, 120_020]) {
      await until(atMs);
      backend.faults.die();
    }
    const a = submit('a');
    await ended(a);
    expect(a.outcome).toMatchObject(completed(10 + 40));
    backend.faults.die();
    await until(120_080);
    backend.faults.die();
    const b = submit('b');
    await ended(b);
    expect(b.outcome).toMatchObject({ status: 'refused', reason: 'backend-lost' });
  });

  it('that is never answered is given up in time', async () => {
    let opened = 0;
    const backend = fakeBackend({
      open: () => (opened++ === 0 ? Promise.resolve({ cluster: createCluster(1) }) : new Promise(() => undefined)),
    });
    const world = await liveOn(backend, { reconnect: { delayMs: 10, timeoutMs: 500 } });
    backend.listener({ type: 'lost', detail: 'gone' });
    const a = world.submit('a', { deadlineMs: 99 });
    await world.ended(a);
    expect(a).toMatchObject({ outcome: failedFor('backend-lost', 'gone'), endMs: 510 });
    expect(world.errors).toEqual(['reconnect: the backend did not open again within 500 ms']);
    expect(world.clock.pending).toBe(0);
  });

  it('brings back the GPUs that are there, and those that are lost later', async () => {
    let opened = 0;
    const backend = fakeBackend({
      open: (listener) => {
        if (opened++ === 0) return Promise.resolve({ cluster: createCluster(3) });
        listener({ type: 'gpu-lost', gpu: 1, detail: 'still broken' });
        if (opened === 2) return Promise.reject(new Error('not yet'));
        return Promise.resolve({ cluster: { gpus: [0, 1, 7].map((id) => ({ id, domain: 0 })) } });
      },
    });
    const { scheduler, until } = await liveOn(backend, { reconnect: { delayMs: 10 } });
    backend.listener({ type: 'lost', detail: 'gone' });
    await until(100);
    expect(scheduler.status().gpus.map(({ state }) => state)).toEqual(['idle', 'lost', 'lost']);
    backend.listener({ type: 'gpu-back', gpu: 2 });
    expect(scheduler.status().gpus.map(({ state }) => state)).toEqual(['idle', 'lost', 'idle']);
  });

  it('forgets what was reported in an attempt that failed', async () => {
    let opened = 0;
    const backend = fakeBackend({
      open: (listener) => {
        if (opened++ === 1) {
          listener({ type: 'gpu-lost', gpu: 0, detail: 'of that attempt' });
          return Promise.reject(new Error('not yet'));
        }
        return Promise.resolve({ cluster: createCluster(1) });
      },
    });
    const { submit, ended } = await liveOn(backend, { reconnect: { delayMs: 10 } });
    backend.listener({ type: 'lost', detail: 'gone' });
    const a = submit('a');
    await ended(a);
    expect(a.endMs).toBe(30);
  });

  it('is of no interest any more once the scheduler is closed', async () => {
    const open = gate<never>();
    let opened = 0;
    const backend = fakeBackend({
      open: () => (opened++ === 0 ? Promise.resolve({ cluster: createCluster(1) }) : open.wait()),
    });
    const world = await liveOn(backend, { reconnect: { delayMs: 10 } });
    const a = world.submit('a');
    backend.listener({ type: 'lost', detail: 'gone' });
    await world.until(20);
    expect(open.waiting).toBe(1);
    await world.scheduler.close();
    open.resolve({ cluster: createCluster(1) } as never);
    await world.clock.advance(100);
    backend.listener({ type: 'lost', detail: 'again' });
    await world.clock.advance(0);
    expect(world.clock.pending).toBe(0);
    expect(a.outcome).toEqual(failedFor('closed'));
    expect(world.errors).toEqual([]);
  });
});
