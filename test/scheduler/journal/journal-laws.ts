import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Journal, JournalRecord } from '../../../src/scheduler/journal/index.js';
import { anyRecord, failed, numbered, submitted } from './records.js';

/** One place where a journal is kept. */
export interface JournalPlace {
  /** A journal there, not open yet. */
  journal(): Journal;
}

type Action =
  | { readonly type: 'append' | 'rewrite'; readonly records: readonly JournalRecord[] }
  | { readonly type: 'settle' | 'reopen' };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ type: fc.constant('append' as const), records: fc.array(anyRecord, { maxLength: 4 }) }),
  fc.record({ type: fc.constant('rewrite' as const), records: fc.array(anyRecord, { maxLength: 3 }) }),
  fc.record({ type: fc.constantFrom('settle' as const, 'reopen' as const) }),
);

/**
 * What every journal must do.
 *
 * @param createPlace - a place that holds nothing yet
 * @param numRuns - how often to try the laws about any records; by default as configured
 */
export function journalLaws(name: string, createPlace: () => JournalPlace, numRuns?: number): void {
  describe(`${name}: the laws of a journal`, () => {
    test('it holds what was appended and rewritten, in the order of the calls', { timeout: 60_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(action, { maxLength: 8 }), async (actions) => {
          const place = createPlace();
          let journal = place.journal();
          let expected: readonly JournalRecord[] = [];
          await expect(journal.open()).resolves.toEqual({ records: [], tornBytes: 0 });
          let pending: Promise<void>[] = [];
          for (const { type, ...rest } of [...actions, { type: 'reopen' as const }]) {
            const records = 'records' in rest ? rest.records : [];
            if (type === 'append') {
              pending.push(...records.map((record) => journal.append(record)));
              expected = [...expected, ...records];
            } else if (type === 'rewrite') {
              pending.push(journal.rewrite(records));
              expected = records;
            } else if (type === 'settle') {
              await Promise.all(pending);
              pending = [];
            } else {
              await journal.close();
              await Promise.all(pending);
              pending = [];
              journal = place.journal();
              expect(await journal.open()).toStrictEqual({ records: expected, tornBytes: 0 });
            }
          }
          await journal.close();
        }),
        numRuns === undefined ? {} : { numRuns },
      );
    });

    test('it opens once, until it is closed', async () => {
      const place = createPlace();
      const journal = place.journal();
      const opening = journal.open();
      await expect(journal.open()).rejects.toMatchObject({ code: 'journal-locked' });
      await opening;
      await expect(journal.open()).rejects.toMatchObject({ code: 'journal-locked' });
      await expect(place.journal().open()).rejects.toMatchObject({ code: 'journal-locked' });
      await journal.append(submitted);
      await journal.close();
      expect((await journal.open()).records).toStrictEqual([submitted]);
      await journal.close();
    });

    test('it takes nothing unless it is open', async () => {
      const journal = createPlace().journal();
      const refused = { code: 'journal-failed' };
      await expect(journal.append(submitted)).rejects.toMatchObject(refused);
      await journal.close();
      await journal.open();
      const pending = journal.append(submitted);
      const closing = journal.close();
      const tooLate = [journal.append(failed), journal.rewrite([])];
      for (const promise of tooLate) await expect(promise).rejects.toMatchObject(refused);
      await Promise.all([pending, closing, journal.close()]);
      await journal.close();
      await expect(journal.append(failed)).rejects.toMatchObject(refused);
      expect((await journal.open()).records).toStrictEqual([submitted]);
      await journal.close();
    });

    test.each([
      ['no record', null],
      ['a record of no type', { ...submitted, type: 'other' }],
      ['a time that is none', { ...submitted, atMs: NaN }],
      ['a request that cannot be', { ...submitted, request: { id: 'r1' } }],
      ['a date', { ...submitted, payload: { at: new Date(0) } }],
      ['a list with a hole', { ...submitted, payload: [, 1] }],
      ['a number without end', { ...submitted, payload: [{ scale: Infinity }] }],
      ['a function', { ...submitted, payload: () => 1 }],
      ['a big integer', { ...submitted, payload: 1n }],
      ['bytes', { ...submitted, payload: new Uint8Array(1) }],
      ['a circle', { ...submitted, payload: circle() }],
      ['a settlement without a reason', { ...failed, settlement: { status: 'failed' } }],
    ])('it refuses %s, and goes on', async (_, bad) => {
      const journal = createPlace().journal();
      await journal.open();
      await journal.append(submitted);
      await expect(journal.append(bad as JournalRecord)).rejects.toMatchObject({ code: 'journal-failed' });
      await expect(journal.rewrite([failed, bad as JournalRecord])).rejects.toMatchObject({ code: 'journal-failed' });
      await journal.append(failed);
      await journal.close();
      expect((await journal.open()).records).toStrictEqual([submitted, failed]);
      await journal.close();
    });

    test('it shares nothing with its callers', async () => {
      const journal = createPlace().journal();
      const mine = structuredClone(submitted) as { atMs: number; payload: { prompt: string } };
      await journal.open();
      const appending = journal.append(mine as never);
      mine.payload.prompt = 'another';
      await appending;
      const list: JournalRecord[] = [submitted, mine as never];
      const rewriting = journal.rewrite(list);
      list.pop();
      mine.atMs = 6;
      await rewriting;
      await journal.close();
      const expected = [submitted, { ...submitted, payload: { prompt: 'another' } }];
      const { records } = await journal.open();
      expect(records).toStrictEqual(expected);
      await journal.close();
      (records[0] as { payload: { prompt: string } }).payload.prompt = 'changed';
      expect((await journal.open()).records).toStrictEqual(expected);
      await journal.close();
    });

    test('it keeps the order of many', async () => {
      const journal = createPlace().journal();
      const all = Array.from({ length: 2000 }, (_, number) => numbered(number));
      await journal.open();
      const confirmed: number[] = [];
      const appending = all.map((record, number) => journal.append(record).then(() => confirmed.push(number)));
      await Promise.all(appending);
      await journal.close();
      expect(confirmed).toEqual(all.map((_, number) => number));
      expect((await journal.open()).records).toStrictEqual(all);
      await journal.close();
    });
  });
}

function circle(): unknown {
  const self: { self?: unknown } = {};
  self.self = self;
  return self;
}
