import { describe, expect, it } from 'vitest';
import { memoryJournal, type Journal, type JournalRecord } from '../../../src/scheduler/index.js';
import { fakeBackend, gate } from './fake-backend.js';
import { completed, failedFor, live, liveOn } from './setup.js';

/** A record in short: `submit a`, `start a`, `settle a completed`. */
export function lineOf(record: JournalRecord): string {
  if (record.type === 'submit') return `submit ${record.request.id}`;
  return `${record.type} ${record.requestId}${record.type === 'settle' ? ` ${record.settlement.status}` : ''}`;
}

/** A journal in memory whose appends fail where they are told to. */
function failing(isBad: (record: JournalRecord) => boolean, how: () => Promise<never> = full) {
  const journal = memoryJournal();
  const { append } = journal;
  return Object.assign(journal, {
    append: (record: JournalRecord) => (isBad(record) ? how() : append(record)),
  });
}

const full = (): Promise<never> => Promise.reject(new Error('disk full'));
const thrown = (): never => {
  throw new Error('disk full');
};

describe('a scheduler with a journal', () => {
  it('writes down what is accepted, started and ended', async () => {
    const journal = memoryJournal();
    const { submit, until, ended } = await live(1, { journal });
    await until(5);
    const a = submit('a', { weight: 2 }, { payload: { prompt: 'a fox' } });
    const b = submit('b');
    await until(12);
    void b.handle.cancel();
    await ended(a, b);
    const { request } = a.handle;
    expect(journal.records).toEqual([
      { type: 'submit', atMs: 5, request, payload: { prompt: 'a fox' } },
      { type: 'submit', atMs: 5, request: b.handle.request },
      { type: 'start', atMs: 5, requestId: 'a' },
      { type: 'settle', atMs: 12, requestId: 'b', settlement: { status: 'cancelled' } },
      { type: 'settle', atMs: 45, requestId: 'a', settlement: { status: 'completed', onTime: true } },
    ]);
  });

  it('writes the start of a request once, however many chunks it takes', async () => {
    const journal = memoryJournal();
    const { backend, submit, ended } = await live(1, { journal });
    backend.faults.failNextChunk({ afterSteps: 1 });
    backend.faults.failNextChunk({ state: 'lost' });
    await ended(submit('a'));
    expect(journal.records.map(lineOf)).toEqual(['submit a', 'start a', 'settle a completed']);
  });

  it('accepts a request once it is written down, and tells its end once that is', async () => {
    const writes = gate<undefined>();
    const journal: Journal = { ...memoryJournal(), append: writes.wait };
    const { submit, until, ended } = await live(1, { journal });
    const a = submit('a');
    await until(20);
    // It runs all the same: only its client has to wait for the disk.
    expect(a.progress).toContain('running 1/4 on 0');
    expect(a.accepted).toBeUndefined();
    writes.resolve(undefined);
    await until(20);
    expect(a).toMatchObject({ accepted: true, acceptedMs: 20 });
    await until(50);
    expect(a.outcome).toBeUndefined();
    for (let i = 0; i < 2; i++) writes.resolve(undefined);
    await ended(a);
    expect(a).toMatchObject({ outcome: completed(40), endMs: 50 });
  });

  it('refuses a payload that JSON does not bring back as it is', async () => {
    const { submit, ended } = await live(1, { journal: memoryJournal() });
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    const bad: readonly [payload: unknown, path: string][] = [
      [() => 0, 'payload'],
      [new Date(0), 'payload'],
      [{ seed: 1n }, 'payload.seed'],
      [{ noise: new Uint8Array(2) }, 'payload.noise'],
      [{ scales: [1, NaN] }, 'payload.scales[1]'],
      [[undefined], 'payload[0]'],
      [{ a: { b: [new Map()] } }, 'payload.a.b[0]'],
      [cycle, 'payload.self'],
    ];
    for (const [payload, path] of bad) {
      expect(() => submit('a', {}, { payload })).toThrow(expect.objectContaining({ code: 'invalid-type', path }));
    }
    const shared = { x: 1 };
    const payload = { prompt: 'a', seed: 0, on: true, none: null, left: undefined, list: [shared, shared] };
    const a = submit('a', {}, { payload });
    await ended(a);
    expect(a.outcome).toMatchObject({ artifact: { payload } });
  });

  it('takes any payload without one', async () => {
    const { submit, ended } = await live(1);
    const payload = { when: new Date(0), how: () => 1 };
    const a = submit('a', {}, { payload });
    await ended(a);
    expect(a.outcome).toMatchObject({ artifact: { payload } });
  });

  it('keeps only what is alive, once a thousand have ended', async () => {
    const journal = memoryJournal();
    const { submit, until, clock } = await live(1, { journal });
    submit('long', { steps: 500 }, { payload: 'p' });
    submit('waits');
    await until(1);
    for (let i = 0; i < 999; i++) void submit(`r${i}`).handle.cancel();
    await clock.advance(0);
    expect(journal.records).toHaveLength(3 + 2 * 999);
    void submit('last').handle.cancel();
    await clock.advance(0);
    expect(journal.records.map(lineOf)).toEqual(['submit long', 'start long', 'submit waits']);
    expect(journal.records[0]).toMatchObject({ atMs: 0, payload: 'p' });
  });

  it('is not rewritten as long as more are alive than have ended', async () => {
    const journal = memoryJournal();
    const { submit, clock } = await live(1, { journal });
    for (let i = 0; i < 1100; i++) submit(`alive ${i}`);
    for (let i = 0; i < 1000; i++) void submit(`r${i}`).handle.cancel();
    await clock.advance(0);
    expect(journal.records).toHaveLength(1100 + 1 + 2 * 1000);
  });

  it('goes on where it cannot be tidied up', async () => {
    const journal = Object.assign(memoryJournal(), { rewrite: full });
    const { submit, clock, ended, errors } = await live(1, { journal });
    const a = submit('a');
    for (let i = 0; i < 1000; i++) void submit(`r${i}`).handle.cancel();
    await clock.advance(0);
    expect(errors).toEqual(['journal: disk full']);
    await ended(a);
    expect(a.outcome).toMatchObject(completed(40));
    expect(journal.records).toHaveLength(3 + 2 * 1000);
  });
});

describe.each([
  ['rejects', full],
  ['throws', thrown],
])('a journal that %s', (_, how) => {
  it('when a request is to be accepted ends it as `journal-failed`', async () => {
    const journal = failing(({ type }) => type === 'submit', how);
    const { backend, submit, ended, errors } = await live(1, { journal });
    const a = submit('a');
    await ended(a);
    expect(a).toMatchObject({ accepted: false, outcome: failedFor('journal-failed', 'disk full') });
    expect(a.endMs).toBe(0);
    expect(errors).toEqual(['journal: disk full']);
    expect(backend.held()).toBe(0);
    // What is not there does not end there.
    expect(journal.records.map(lineOf)).toEqual(['start a']);
  });

  it('when a request is to be accepted, and meanwhile closed, ends it as `journal-failed` too', async () => {
    const submits = gate<undefined>();
    const journal = failing(
      ({ type }) => type === 'submit',
      async () => {
        await submits.wait();
        return how();
      },
    );
    const { scheduler, submit, until, ended } = await live(1, { journal });
    const a = submit('a');
    await until(15);
    void scheduler.close();
    await until(25);
    submits.resolve(undefined);
    await ended(a);
    expect(a).toMatchObject({ accepted: false, outcome: failedFor('journal-failed', 'disk full') });
    expect(journal.records).toEqual([]);
  });

  it('when a request has started does not disturb it', async () => {
    const journal = failing(({ type }) => type === 'start', how);
    const { submit, ended, errors } = await live(1, { journal });
    const a = submit('a');
    await ended(a);
    expect(a.outcome).toMatchObject(completed(40));
    expect(errors).toEqual(['journal: disk full']);
  });

  it('when a request has ended lets its client know all the same, and is tidied up when it is closed', async () => {
    const journal = failing(({ type }) => type === 'settle', how);
    const { scheduler, submit, ended, errors } = await live(1, { journal });
    const a = submit('a');
    await ended(a);
    expect(a.outcome).toMatchObject(completed(40));
    expect(errors).toEqual(['journal: disk full']);
    expect(journal.records.map(lineOf)).toEqual(['submit a', 'start a']);
    await scheduler.close();
    expect(journal.records).toEqual([]);
  });

  it('when it is closed is told of', async () => {
    const journal = Object.assign(memoryJournal(), { close: how });
    const { scheduler, errors } = await liveOn(fakeBackend(), { journal });
    await scheduler.close();
    expect(errors).toEqual(['journal: disk full']);
  });
});

describe('a journal with gaps, since a record could not be written', () => {
  it('can be opened again', async () => {
    // Its submission and the end of another one are missing; and that one is submitted again.
    let isFull = true;
    const journal = failing((record) => isFull && ['submit a', 'settle b completed'].includes(lineOf(record)));
    const first = await live(1, { journal });
    const [a, b] = [first.submit('a'), first.submit('b')];
    await first.ended(a, b);
    isFull = false;
    const again = first.submit('b', { steps: 9 });
    await first.until(first.clock.nowMs() + 15);
    // The process dies.
    const second = await live(1, { journal: memoryJournal(journal.records) });
    expect(second.scheduler.recovered.map(({ request }) => request)).toEqual([again.handle.request]);
    const b2 = second.watch(second.scheduler.recovered[0]!);
    await second.ended(b2);
    expect(b2.outcome).toMatchObject({ artifact: { steps: 9 } });
  });
});
