import { expect, test } from 'vitest';
import { memoryJournal } from '../../../src/scheduler/journal/index.js';
import { journalLaws } from './journal-laws.js';
import { failed, numbered, submitted } from './records.js';

journalLaws('memoryJournal', () => {
  const journal = memoryJournal();
  return { journal: () => journal };
});

test('it begins with copies of what it is given, and shows what it holds', async () => {
  const given = [structuredClone(submitted)];
  const journal = memoryJournal(given);
  (given[0] as { atMs: number }).atMs = 99;
  expect(journal.records).toStrictEqual([submitted]);
  expect(await journal.open()).toStrictEqual({ records: [submitted], tornBytes: 0 });
  await journal.append(failed);
  const seen = journal.records;
  expect(seen).toStrictEqual([submitted, failed]);
  (seen[0] as { atMs: number }).atMs = 99;
  await journal.rewrite([numbered(1)]);
  await journal.close();
  expect(journal.records).toStrictEqual([numbered(1)]);
  expect(seen).toHaveLength(2);
});

test('it refuses to begin with what is no record', () => {
  expect(() => memoryJournal([{ ...submitted, atMs: NaN }])).toThrow(
    expect.objectContaining({ code: 'journal-failed', path: 'atMs' }),
  );
});
