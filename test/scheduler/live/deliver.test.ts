import { describe, expect, it } from 'vitest';
import { memoryJournal, type JournalRecord } from '../../../src/scheduler/index.js';
import { fakeBackend, gate } from './fake-backend.js';
import { completed, failedFor, live, liveOn } from './setup.js';

describe('the delivery of an artifact', () => {
  it('comes before its end is written down, and that before its client is told', async () => {
    const journal = memoryJournal();
    const order: string[] = [];
    const { append } = journal;
    Object.assign(journal, {
      append: async (record: JournalRecord) => {
        await Promise.resolve();
        await append(record);
        order.push(`written: ${record.type}`);
      },
    });
    const { submit, ended } = await liveOn(fakeBackend(), {
      journal,
      async deliver(artifact, { id }) {
        order.push(`delivery of ${String(artifact)} for ${id}`);
        for (let i = 0; i < 9; i++) await Promise.resolve();
        order.push('delivered');
      },
    });
    const a = submit('a');
    void a.handle.result.then(() => order.push('told'));
    await ended(a);
    expect(order.filter((each) => !['written: submit', 'written: start'].includes(each))).toEqual([
      ...['delivery of art of a for a', 'delivered', 'written: settle', 'told'],
    ]);
  });

  it('holds neither GPU nor state', async () => {
    const deliver = gate<undefined>();
    const { backend, submit, until, ended } = await live(1, { deliver: deliver.wait });
    const [a, b] = [submit('a'), submit('b')];
    await until(40);
    expect(backend.held()).toBe(1);
    await until(100);
    expect(deliver.waiting).toBe(2);
    expect(a.progress.at(-1)).toBe('decoding 0');
    for (let i = 0; i < 2; i++) deliver.resolve(undefined);
    await ended(a, b);
    // It counts as complete when it was, not when it was delivered.
    expect([a.outcome, b.outcome]).toMatchObject([completed(40), completed(80)]);
    expect(a.endMs).toBe(100);
  });

  it.each<[how: string, deliver: () => Promise<void>, detail: string]>([
    ['rejects', () => Promise.reject(new Error('no bucket')), 'no bucket'],
    ['rejects with something odd', () => Promise.reject(Object.create(null) as Error), '{}'],
    [
      'throws',
      () => {
        throw new Error('no bucket');
      },
      'no bucket',
    ],
  ])('that %s fails the request', async (_, deliver, detail) => {
    const journal = memoryJournal();
    const { submit, ended } = await live(1, { journal, deliver });
    const a = submit('a');
    await ended(a);
    expect(a.outcome).toEqual(failedFor('delivery-failed', detail));
    await expect(a.handle.result).rejects.toMatchObject({ code: 'request-failed' });
    expect(journal.records.at(-1)).toMatchObject({ type: 'settle', settlement: a.outcome });
  });

  it('may be done at once', async () => {
    const delivered: unknown[] = [];
    const { submit, ended } = await live(1, {
      deliver: (artifact, request) => {
        delivered.push([artifact, request]);
      },
    });
    const a = submit('a', {}, { payload: 7 });
    await ended(a);
    expect(delivered).toEqual([[{ shape: '64x64', steps: 4, payload: 7 }, a.handle.request]]);
  });

  it('is not due for those without an artifact', async () => {
    const delivered: string[] = [];
    const { backend, scheduler, submit, until, ended } = await live(1, {
      limits: { requests: 3 },
      maxFailures: 1,
      deliver: (_, { id }) => {
        delivered.push(id);
      },
    });
    backend.faults.failNextChunk({ requestId: 'a' });
    const [a, b, c, d] = [submit('a'), submit('b'), submit('c'), submit('d')];
    await until(1);
    void b.handle.cancel();
    await until(20);
    void scheduler.close();
    await ended(a, b, c, d);
    expect([a, b, c, d].map(({ outcome }) => outcome!.status)).toEqual(['failed', 'cancelled', 'failed', 'refused']);
    expect(delivered).toEqual([]);
  });

  it('happens again after a crash in the middle of it', async () => {
    const journal = memoryJournal();
    const delivered: string[] = [];
    const never = (_: unknown, { id }: { id: string }): Promise<void> => {
      delivered.push(id);
      return new Promise(() => undefined);
    };
    const first = await live(1, { journal, deliver: never, closeMs: 1 });
    first.submit('a');
    await first.until(50);
    const second = await live(1, {
      journal: memoryJournal(journal.records),
      deliver: (_, { id }) => {
        delivered.push(id);
      },
    });
    const a = second.watch(second.scheduler.recovered[0]!);
    await second.ended(a);
    expect(a.outcome).toMatchObject(completed(40));
    expect(delivered).toEqual(['a', 'a']);
  });
});
