import { describe, expect, it } from 'vitest';
import { BackendError, type RunResult } from '../../../src/backends/index.js';
import { memoryJournal, type JournalRecord } from '../../../src/scheduler/index.js';
import { fakeBackend, gate } from './fake-backend.js';
import { completed, failedFor, live, liveOn } from './setup.js';

const closed = failedFor('closed', 'the scheduler was closed before it was done');

/** Whether a promise has settled, by now. */
function watch(promise: Promise<void>): { isDone: boolean } {
  const watched = { isDone: false };
  void promise.then(() => (watched.isDone = true));
  return watched;
}

describe('closing a scheduler in spite of what does not end', () => {
  it('gives a backend that is stuck up after `closeMs`', async () => {
    const { scheduler, clock, backend, submit, until, ended } = await live(1, { closeMs: 50 });
    const [a, b] = [submit('a'), submit('b')];
    await until(15);
    backend.faults.stall(0);
    const isClosed = watch(scheduler.close());
    await until(64);
    expect(a.outcome).toBeUndefined();
    await ended(a, b);
    expect(a).toMatchObject({ outcome: closed, endMs: 65 });
    await until(65);
    expect(isClosed.isDone).toBe(true);
    expect(clock.pending).toBe(0);
    expect(backend.held()).toBe(0);
  });

  it('takes no notice of what is answered afterwards', async () => {
    const run = gate<RunResult>();
    const prepare = gate<undefined>();
    const backend = fakeBackend({
      ...{ gpus: 2, run: run.wait },
      prepare: ({ requestId }) => (requestId === 'b' ? prepare.wait() : Promise.resolve()),
    });
    const { scheduler, clock, submit, until, ended, errors } = await liveOn(backend, { closeMs: 50 });
    const [a, b] = [submit('a'), submit('b')];
    await until(1);
    void scheduler.close();
    await ended(a, b);
    run.resolve({ steps: 4 });
    prepare.resolve(undefined);
    backend.listener({ type: 'lost', detail: 'of course' });
    await until(100);
    expect(backend.calls.slice(1)).toEqual([
      ...['prepare a on 0', 'prepare b on 1', 'run a 0..4 on 0', 'release a', 'release b', 'close'],
    ]);
    expect(errors).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('refuses an id that it gave up as any other', async () => {
    const world = await liveOn(fakeBackend({ run: () => new Promise(() => undefined) }), { closeMs: 50 });
    const a = world.submit('a');
    await world.until(1);
    void world.scheduler.close();
    await world.ended(a);
    const again = world.submit('a');
    await world.ended(again);
    expect(again.outcome).toMatchObject({ status: 'refused', reason: 'draining' });
  });

  it('waits no longer for a backend that does not close', async () => {
    const world = await liveOn(fakeBackend({ close: () => new Promise(() => undefined) }), { closeMs: 50 });
    const isClosed = watch(world.scheduler.close());
    await world.until(49);
    expect(isClosed.isDone).toBe(false);
    await world.until(50);
    expect(isClosed.isDone).toBe(true);
    expect(world.errors).toEqual(['close: the backend did not close within 50 ms']);
  });

  it('does not wait for releases, nor for what never answers', async () => {
    const never = (): Promise<never> => new Promise(() => undefined);
    const { scheduler, submit, until, ended } = await liveOn(fakeBackend({ run: never, release: never }), {
      closeMs: 50,
    });
    const a = submit('a');
    await until(1);
    const isClosed = watch(scheduler.close());
    await ended(a);
    await until(51);
    expect(isClosed.isDone).toBe(true);
  });

  it('does not wait for a delivery that never ends, after `closeMs`', async () => {
    const journal = memoryJournal();
    const deliver = (): Promise<never> => new Promise(() => undefined);
    const { scheduler, submit, until, ended, errors } = await live(1, { journal, closeMs: 50, deliver });
    const a = submit('a');
    await until(60);
    const isClosed = watch(scheduler.close());
    await ended(a);
    await until(111);
    expect(a).toMatchObject({ outcome: closed, endMs: 110 });
    expect(isClosed.isDone).toBe(true);
    expect(errors).toEqual([]);
    // The next process does it again.
    expect(journal.records.map(({ type }) => type)).toEqual(['submit']);
  });

  it('waits for an end that is being written down, which is told as it was', async () => {
    const journal = memoryJournal();
    const writes = gate<undefined>();
    const { append } = journal;
    journal.append = async (record) => {
      if (record.type === 'settle') await writes.wait();
      await append(record);
    };
    const deliver = (): void => undefined;
    const { scheduler, submit, until, ended, errors } = await live(1, { journal, closeMs: 50, deliver });
    const a = submit('a');
    await until(60);
    expect(a.outcome).toBeUndefined();
    const isClosed = watch(scheduler.close());
    await until(200);
    expect(isClosed.isDone).toBe(false);
    writes.resolve(undefined);
    await ended(a);
    expect(a).toMatchObject({ outcome: completed(40), endMs: 200 });
    expect(journal.records.at(-1)).toMatchObject({ type: 'settle', settlement: { status: 'completed' } });
    expect(errors).toEqual([]);
  });

  it('is of no interest to a delivery that ends later', async () => {
    const deliver = gate<undefined>();
    const { scheduler, submit, until, ended, errors } = await live(1, {
      ...{ journal: memoryJournal(), closeMs: 50, deliver: deliver.wait },
    });
    const a = submit('a');
    await until(60);
    void scheduler.close();
    await ended(a);
    deliver.resolve(undefined);
    await until(120);
    expect(a.outcome).toEqual(closed);
    expect(errors).toEqual([]);
  });

  it('closes the journal also where the backend is never closed', async () => {
    const backend = fakeBackend({ close: () => (tries++ === 0 ? stuck.wait() : Promise.resolve()) });
    const stuck = gate<undefined>();
    let tries = 0;
    const journal = memoryJournal();
    const { scheduler, clock } = await liveOn(backend, { journal });
    const isClosed = watch(scheduler.close());
    await clock.advance(0);
    await expect(journal.open()).resolves.toMatchObject({ records: [] });
    expect(isClosed.isDone).toBe(false);
    stuck.resolve(undefined);
  });

  it.each<[what: string, close: () => Promise<void>]>([
    ['rejects', () => Promise.reject(new BackendError('backend-lost', 'no close'))],
    [
      'throws',
      () => {
        throw new Error('no close');
      },
    ],
  ])('closes the journal also where closing the backend %s', async (_, close) => {
    const journal = memoryJournal();
    const { scheduler, errors } = await liveOn(fakeBackend({ close }), { journal });
    await scheduler.close();
    expect(errors).toEqual(['close: no close']);
    await expect(journal.open()).resolves.toMatchObject({ records: [] });
  });
});

it('waits for a request to be written down before it says that one was accepted, also while it is being delivered', async () => {
  let write = (): void => undefined;
  const isWritable = new Promise<void>((resolve) => (write = resolve));
  const journal = memoryJournal();
  const slow = {
    open: () => journal.open(),
    rewrite: (records: readonly JournalRecord[]) => journal.rewrite(records),
    append: async (record: JournalRecord) => {
      await isWritable;
      await journal.append(record);
    },
    close: () => journal.close(),
  };
  const { scheduler, submit, until, ended } = await live(1, {
    ...{ closeMs: 50, journal: slow },
    deliver: () => new Promise(() => undefined),
  });
  const a = submit('a', { steps: 1 });
  let isAccepted: boolean | undefined;
  void a.handle.accepted.then((accepted) => (isAccepted = accepted));
  await until(20);
  void scheduler.close();
  await until(200);
  expect([isAccepted, journal.records]).toEqual([undefined, []]);
  write();
  await ended(a);
  expect(isAccepted).toBe(true);
  expect(journal.records.map(({ type }) => type)).toContain('submit');
});
