import { describe, expect, it } from 'vitest';
import { memoryJournal } from '../../../src/scheduler/index.js';
import { fakeBackend, gate } from './fake-backend.js';
import { batches, completed, failedFor, live, liveOn } from './setup.js';

const big = { shape: '128x128', steps: 2 };
const closed = failedFor('closed', 'the scheduler was closed before it was done');
const draining = { status: 'refused', reason: 'draining', detail: expect.any(String) as string };

/** Whether a promise has settled, by now. */
function watch(promise: Promise<void>): { isDone: boolean } {
  const watched = { isDone: false };
  void promise.then(() => (watched.isDone = true));
  return watched;
}

describe('closing a scheduler', () => {
  it('with nobody there closes the backend and the journal', async () => {
    const backend = fakeBackend();
    const journal = memoryJournal();
    const { scheduler, clock } = await liveOn(backend, { journal });
    await scheduler.close();
    expect(backend.calls).toEqual(['open', 'close']);
    expect(clock.pending).toBe(0);
    await expect(journal.open()).resolves.toMatchObject({ records: [] });
  });

  it('is done once, however often it is asked for', async () => {
    const backend = fakeBackend();
    const { scheduler } = await liveOn(backend);
    await Promise.all([scheduler.close(), scheduler.close(), scheduler[Symbol.asyncDispose]()]);
    await scheduler.close();
    expect(backend.calls).toEqual(['open', 'close']);
  });

  it('ends those that wait at once, and those that run after the step they are in', async () => {
    const { scheduler, clock, backend, submit, until, ended } = await live(1);
    const [a, b] = [submit('a'), submit('b')];
    await until(15);
    const isClosed = watch(scheduler.close());
    await ended(b);
    expect(b).toMatchObject({ outcome: closed, endMs: 15 });
    await until(19);
    expect(isClosed.isDone).toBe(false);
    await ended(a);
    expect(a).toMatchObject({ outcome: closed, endMs: 20, accepted: true });
    await until(20);
    expect(isClosed.isDone).toBe(true);
    expect(clock.pending).toBe(0);
    expect(backend.held()).toBe(0);
    expect(await scheduler.submit({ id: 'c', shape: '64x64', steps: 4, deadlineMs: 99 }).outcome).toEqual(draining);
  });

  it('ends those of the same tick as well', async () => {
    const { scheduler, submit, ended, records } = await live(1);
    const a = submit('a');
    const isClosed = watch(scheduler.close());
    const b = submit('b');
    await ended(a, b);
    expect([a.outcome, b.outcome]).toEqual([closed, draining]);
    expect([a.accepted, b.accepted]).toEqual([true, false]);
    expect(isClosed.isDone).toBe(true);
    expect(records).toEqual([]);
  });

  it('waits for decoding', async () => {
    const { scheduler, submit, until, ended } = await live(1);
    const a = submit('a', big);
    await until(87);
    const isClosed = watch(scheduler.close());
    await ended(a);
    expect(a).toMatchObject({ outcome: closed, endMs: 93 });
    await until(93);
    expect(isClosed.isDone).toBe(true);
  });

  it('waits for what is delivered, which is complete then', async () => {
    const deliver = gate<undefined>();
    const journal = memoryJournal();
    const { scheduler, submit, until, ended } = await live(1, { journal, deliver: deliver.wait });
    const a = submit('a');
    await until(50);
    const isClosed = watch(scheduler.close());
    await until(60);
    expect(isClosed.isDone).toBe(false);
    deliver.resolve(undefined);
    await ended(a);
    expect(a.outcome).toMatchObject(completed(40));
    await until(60);
    expect(isClosed.isDone).toBe(true);
    expect(journal.records.at(-1)).toMatchObject({ type: 'settle', settlement: { status: 'completed' } });
  });

  it('leaves those that were cancelled cancelled', async () => {
    const { scheduler, submit, until, ended } = await live(1, { policy: batches() });
    const [a, b] = [submit('a'), submit('b')];
    await until(15);
    void a.handle.cancel();
    void scheduler.close();
    await ended(a, b);
    expect([a.outcome, b.outcome]).toEqual([{ status: 'cancelled' }, closed]);
  });

  it('refuses who comes in the last moment', async () => {
    const { scheduler, submit, ended } = await live(1);
    const a = submit('a');
    const late: ReturnType<typeof submit>[] = [];
    void a.handle.outcome.then(async () => {
      // At every moment of what follows, until it is closed.
      for (let i = 0; i < 20; i++) {
        late.push(submit(`late ${i}`));
        await Promise.resolve();
      }
    });
    await scheduler.close();
    await ended(a, ...late);
    expect(late.map(({ outcome }) => outcome)).toEqual(Array(20).fill(draining));
    expect(late.every(({ accepted }) => accepted === false)).toBe(true);
  });

  it('while the backend is being opened again ends everything', async () => {
    const { scheduler, clock, backend, submit, until, ended } = await live(1);
    const a = submit('a');
    await until(15);
    backend.faults.die();
    await until(20);
    const isClosed = watch(scheduler.close());
    await ended(a);
    expect(a).toMatchObject({ outcome: closed, endMs: 20 });
    await until(20);
    expect(isClosed.isDone).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('leaves the status and quotes readable', async () => {
    const { scheduler } = await live(2);
    await scheduler.close();
    expect(scheduler.status()).toMatchObject({ waiting: 0, running: 0, decoding: 0 });
    expect(scheduler.quote({ id: 'a', shape: '64x64', steps: 4, deadlineMs: 99 }).refusal).toBe('draining');
  });
});
