import { describe, expect, it } from 'vitest';
import type { CompleteRequest } from '../../../src/model/index.js';
import { memoryJournal } from '../../../src/scheduler/index.js';
import { completed, failedFor, live } from './setup.js';

const refused = (reason: string, detail: unknown = expect.any(String)): object => ({
  status: 'refused',
  reason,
  detail,
});

describe('a request that is not let in', () => {
  it('is refused while too many are active, and accepted when one has ended', async () => {
    const { submit, ended } = await live(1, { limits: { requests: 2 } });
    const [a, b, c] = [submit('a'), submit('b'), submit('c')];
    await ended(c);
    expect(c).toMatchObject({
      ...{ endMs: 0, accepted: false, acceptedMs: 0, progress: ['queued', 'end'] },
      outcome: refused('too-many-requests', '2 requests are active'),
    });
    await ended(a);
    const d = submit('d');
    await ended(b, d);
    expect(d).toMatchObject({ accepted: true, outcome: completed(80) });
  });

  it('is refused where its state does not fit into memory', async () => {
    const memoryBytesOf = ({ steps }: CompleteRequest): number => steps;
    const { submit, ended } = await live(2, { limits: { memoryBytes: 10, memoryBytesOf } });
    const [a, b, c] = [submit('a', { steps: 6 }), submit('b', { steps: 5 }), submit('c', { steps: 4 })];
    await ended(a, b, c);
    expect(b.outcome).toEqual(refused('out-of-memory', '5 more bytes would be above 10'));
    expect([a.outcome, c.outcome]).toMatchObject([completed(60), completed(40)]);
  });

  it('is refused where the forecast says that it would be late, only if that is asked for', async () => {
    const { submit, ended } = await live(1, { admit: 'feasible' });
    const [a, b, c] = [
      submit('a', { deadlineMs: 40 }),
      submit('b', { deadlineMs: 79 }),
      submit('c', { deadlineMs: 80 }),
    ];
    await ended(a, b, c);
    expect(b.outcome).toEqual(refused('deadline-infeasible', 'by the forecast it would end after 79'));
    expect([a.outcome, c.outcome]).toMatchObject([completed(40), completed(80)]);
  });

  it('leaves no trace in the journal', async () => {
    const journal = memoryJournal();
    const { submit, ended } = await live(1, { journal, limits: { requests: 1 } });
    await ended(submit('a'), submit('b'));
    expect(journal.records.map((record) => ('request' in record ? record.request.id : record.requestId))).toEqual([
      ...['a', 'a', 'a'],
    ]);
  });

  it('never reaches the backend', async () => {
    const { submit, ended, records } = await live(1, { limits: { requests: 1 } });
    const [a, b] = [submit('a'), submit('b')];
    await ended(a, b);
    expect(records.flatMap(({ requestIds }) => requestIds)).toEqual(['a']);
  });
});

describe('a request that makes room', () => {
  it('is one of less weight that has not started', async () => {
    const { submit, until, ended } = await live(1, { limits: { requests: 2 }, whenFull: 'displace' });
    const [a, b] = [submit('a', { weight: 0.1 }), submit('b', { weight: 1 })];
    await until(5);
    const [c, d] = [submit('c', { weight: 2 }), submit('d', { weight: 2 })];
    await ended(a, b, c, d);
    expect(b).toMatchObject({
      ...{ accepted: true, endMs: 5 },
      outcome: failedFor('displaced', 'it made room for a request of more weight'),
    });
    // The first one runs already, and the other weighs as much.
    expect(d.outcome).toEqual(refused('too-many-requests'));
    expect([a.outcome, c.outcome]).toMatchObject([completed(40), completed(75)]);
  });
});

describe('a request that cannot meet its deadline any more', () => {
  it('is completed late', async () => {
    const { submit, ended } = await live(1);
    const [a, b] = [submit('a'), submit('b', { deadlineMs: 60 })];
    await ended(a, b);
    expect(b.outcome).toMatchObject(completed(80, { onTime: false }));
  });

  it('is dropped as soon as that is certain, if late is worth nothing', async () => {
    const { submit, ended, records } = await live(1, { whenLate: 'drop' });
    const [a, b] = [submit('a'), submit('b', { deadlineMs: 60 })];
    await ended(a, b);
    expect(b.outcome).toEqual(failedFor('deadline-missed', 'it cannot be complete by 60 any more'));
    // Four steps of 6 ms on two GPUs, at best.
    expect(b.endMs).toBeCloseTo(36, 2);
    expect(records).toHaveLength(1);
  });

  it('is dropped at once where it never could', async () => {
    const { submit, ended } = await live(1, { whenLate: 'drop' });
    const a = submit('a', { deadlineMs: 10 });
    await ended(a);
    expect(a).toMatchObject({ accepted: true, endMs: 0, outcome: failedFor('deadline-missed') });
  });
});
