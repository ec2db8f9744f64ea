import { describe, expect, it } from 'vitest';
import { memoryJournal, memoryMetrics, type JournalRecord } from '../../../src/scheduler/index.js';
import { createVirtualClock } from '../../../src/simulation/index.js';
import { completed, failedFor, live, type LiveOptions } from './setup.js';

const idsOf = (handles: readonly { id: string }[]): string[] => handles.map(({ id }) => id);
const requestOf = (id: string, more: object = {}) => ({
  ...{ id, shape: '64x64', steps: 4, arrivalMs: 0, deadlineMs: 1000, startStep: 0, weight: 1 },
  ...more,
});
const submitted = (id: string, more: object = {}): JournalRecord => ({
  ...{ type: 'submit', atMs: 0, request: requestOf(id, more), payload: `of ${id}` },
});
const started = (requestId: string): JournalRecord => ({ type: 'start', atMs: 0, requestId });
const settled = (requestId: string): JournalRecord => ({
  ...{ type: 'settle', atMs: 0, requestId, settlement: { status: 'cancelled' } },
});

/** A scheduler that finds these records, and its recovered requests, watched. */
async function restart(records: readonly JournalRecord[], options: LiveOptions = {}) {
  const journal = memoryJournal(records);
  const world = await live(1, { journal, ...options });
  return { ...world, journal, recovered: world.scheduler.recovered.map(world.watch) };
}

describe('a scheduler that is started again', () => {
  it('takes up what the process before it left when it died, and nothing else', async () => {
    const journal = memoryJournal();
    const first = await live(1, { journal });
    const done = first.submit('done');
    await first.ended(done);
    first.submit('in use', {}, { payload: { seed: 1 } });
    first.submit('queued');
    await first.until(55);

    const { recovered, ended, clock, records } = await restart(journal.records, { clock: createVirtualClock(1000) });
    expect(idsOf(recovered.map(({ handle }) => handle))).toEqual(['in use', 'queued']);
    await clock.advance(0);
    expect(recovered.map(({ accepted }) => accepted)).toEqual([true, true]);
    await ended(...recovered);
    // They have the deadlines and arrivals that they had.
    const [running, queued] = recovered;
    expect(running).toMatchObject({ endMs: 1040, outcome: { ...completed(1000), artifact: { payload: { seed: 1 } } } });
    expect(queued).toMatchObject({ endMs: 1080, outcome: completed(1040, { onTime: false }) });
    expect(records.map(({ requestIds }) => requestIds[0])).toEqual(['in use', 'queued']);
  });

  it('has nothing left to do the next time', async () => {
    const { recovered, scheduler, ended, journal } = await restart([submitted('a'), started('a'), submitted('b')]);
    await ended(...recovered);
    await scheduler.close();
    const next = await live(1, { journal });
    expect(next.scheduler.recovered).toEqual([]);
    expect(journal.records).toEqual([]);
  });

  it('lets new requests in beside the old ones, but not with their ids', async () => {
    const { recovered, submit, ended } = await restart([submitted('a')]);
    expect(() => submit('a')).toThrow(expect.objectContaining({ code: 'duplicate-request' }));
    const b = submit('b');
    await ended(b, ...recovered);
    expect(recovered[0]!.outcome).toMatchObject(completed(40));
    expect(b.outcome).toMatchObject(completed(80));
    await ended(submit('a'));
  });

  it('does not refuse what was accepted', async () => {
    const records = [submitted('a'), submitted('b'), submitted('late', { deadlineMs: 1 })];
    const { recovered, ended } = await restart(records, { limits: { requests: 1 }, admit: 'feasible' });
    await ended(...recovered);
    expect(recovered.map(({ outcome }) => outcome!.status)).toEqual(['completed', 'completed', 'completed']);
  });

  it('lets its clients cancel the old ones', async () => {
    const { recovered, ended, journal, scheduler } = await restart([submitted('a')]);
    void recovered[0]!.handle.cancel();
    await ended(...recovered);
    expect(recovered[0]!.outcome).toEqual({ status: 'cancelled' });
    await scheduler.close();
    expect(journal.records.at(-1)).toMatchObject({ type: 'settle', requestId: 'a' });
  });

  it('keeps only what is alive, with how often it was running', async () => {
    const records = [submitted('a'), submitted('b'), started('a'), settled('b'), submitted('c')];
    const { journal } = await restart([...records, started('a')]);
    expect(journal.records.slice(0, 4)).toEqual([records[0], started('a'), started('a'), records[4]]);
  });

  it('fails a request that was running too often when the process died', async () => {
    const records = [submitted('a'), started('a'), started('a'), submitted('b'), started('b')];
    const { recovered, ended, records: work, journal } = await restart(records, { maxCrashes: 2 });
    const [a, b] = recovered;
    await ended(a!, b!);
    expect(a).toMatchObject({
      ...{ accepted: true, endMs: 0 },
      outcome: failedFor('crashed', 'what ran it died 2 times in a row'),
    });
    expect(b!.outcome).toMatchObject(completed(40));
    expect(work.flatMap(({ requestIds }) => requestIds)).toEqual(['b']);
    // Once the end is written down it does not come back.
    const next = await restart(journal.records);
    expect(next.recovered).toEqual([]);
  });

  it('counts a life in which it ran once, and lives in which it did not not at all', async () => {
    let records: readonly JournalRecord[] = [submitted('b'), submitted('a')];
    for (let life = 0; life < 3; life++) {
      const { journal, until } = await restart(records, { maxCrashes: 3 });
      await until(15);
      records = journal.records;
    }
    const { recovered, ended } = await restart(records, { maxCrashes: 3 });
    await ended(...recovered);
    // The first one in the total order ran three times.
    expect(recovered.map(({ handle, outcome }) => [handle.id, outcome!.status])).toEqual([
      ...[
        ['b', 'completed'],
        ['a', 'failed'],
      ],
    ]);
  });

  it('fails a request that it cannot serve', async () => {
    const records = [submitted('a', { shape: '32x32' }), submitted('b'), submitted('c', { shape: 'tiny' })];
    const metrics = memoryMetrics();
    const { recovered, scheduler, ended, journal } = await restart(records, { metrics });
    await ended(...recovered);
    expect(recovered.map(({ outcome }) => outcome)).toEqual([
      failedFor('unservable', expect.stringContaining('32x32')),
      expect.objectContaining({ status: 'completed' }),
      failedFor('unservable', expect.stringContaining('tiny')),
    ]);
    expect(metrics.value('requests_settled', { shape: 'other', status: 'failed' })).toBe(2);
    await scheduler.close();
    expect(journal.records.filter(({ type }) => type === 'settle')).toHaveLength(3);
  });
});

describe('a scheduler that is closed', () => {
  it('leaves what is unfinished to the next one', async () => {
    const journal = memoryJournal();
    const first = await live(1, { journal });
    const [a, b] = [first.submit('a', {}, { payload: 'p' }), first.submit('b')];
    await first.until(15);
    void first.scheduler.close();
    await first.ended(a, b);
    expect([a.outcome, b.outcome]).toEqual([failedFor('closed'), failedFor('closed')]);

    const second = await live(1, { journal });
    expect(idsOf(second.scheduler.recovered)).toEqual(['a', 'b']);
    const [a2, b2] = second.scheduler.recovered.map(second.watch);
    await second.ended(a2!, b2!);
    expect(a2!.outcome).toMatchObject({ artifact: { payload: 'p' } });
  });

  it('has not crashed: what ran then does not count as that', async () => {
    const journal = memoryJournal();
    for (let life = 0; life < 3; life++) {
      const { scheduler, submit, until, clock } = await live(1, { journal, maxCrashes: 1 });
      if (life === 0) submit('a');
      await until(15);
      const closing = scheduler.close();
      await clock.advance(10);
      await closing;
    }
    const { scheduler, watch, ended } = await live(1, { journal, maxCrashes: 1 });
    const a = watch(scheduler.recovered[0]!);
    await ended(a);
    expect(a.outcome).toMatchObject({ status: 'completed' });
  });

  it('keeps the crashes of before', async () => {
    const first = await restart([submitted('a'), started('a')]);
    await first.until(15);
    const closing = first.scheduler.close();
    await first.until(20);
    await closing;
    expect(first.journal.records).toEqual([submitted('a'), started('a')]);
  });

  it('in spite of a backend that is stuck leaves what it was stuck with to the next one', async () => {
    const journal = memoryJournal();
    const first = await live(1, { journal, closeMs: 50, maxCrashes: 1 });
    const a = first.submit('a');
    await first.until(15);
    first.backend.faults.stall(0);
    void first.scheduler.close();
    await first.ended(a);
    const second = await live(1, { journal, maxCrashes: 1 });
    const again = second.watch(second.scheduler.recovered[0]!);
    await second.ended(again);
    expect(again.outcome).toMatchObject(completed(40));
  });
});
