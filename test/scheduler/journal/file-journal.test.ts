import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fileJournal } from '../../../src/scheduler/journal/file-journal.js';
import type { JournalContents, JournalRecord } from '../../../src/scheduler/journal/index.js';
import { formatLine, journalHeader } from '../../../src/scheduler/journal/journal-format.js';
import { journalLaws } from './journal-laws.js';
import { filesForTests } from './places.js';
import { failed, numbered, submitted } from './records.js';

const newFile = filesForTests();
const line = (record: JournalRecord): string => formatLine(record, crc32);

for (const fsync of ['always', 'never'] as const) {
  const createPlace = () => {
    const file = newFile();
    return { journal: () => fileJournal(file, { fsync }) };
  };
  journalLaws(`fileJournal, fsync ${fsync}`, createPlace, 30);
}

/** What the next process finds; it leaves nothing behind but the file. */
async function contentsOf(file: string): Promise<JournalContents> {
  const journal = fileJournal(file);
  try {
    return await journal.open();
  } finally {
    await journal.close();
    expect(readdirSync(dirname(file))).toEqual(existsSync(file) ? ['a.journal'] : []);
  }
}

function holding(content: string): string {
  const file = newFile();
  writeFileSync(file, content, 'latin1');
  return file;
}

describe('the file', () => {
  test('is created with its header, for its owner only, and locked', async () => {
    const file = newFile();
    const journal = fileJournal(file);
    await journal.open();
    expect(readFileSync(file, 'utf8')).toBe(journalHeader);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(file))).toEqual(['a.journal', 'a.journal.lock']);
    await journal.append(submitted);
    expect(readFileSync(file, 'utf8')).toBe(journalHeader + line(submitted));
    await journal.close();
    expect(readdirSync(dirname(file))).toEqual(['a.journal']);
  });

  test('keeps its permissions and its place behind a link when it is rewritten', async () => {
    const file = holding(journalHeader + line(submitted));
    chmodSync(file, 0o664);
    const link = join(dirname(newFile()), 'link');
    symlinkSync(file, link);
    const journal = fileJournal(link);
    expect((await journal.open()).records).toStrictEqual([submitted]);
    await expect(fileJournal(file).open()).rejects.toMatchObject({ code: 'journal-locked' });
    await journal.rewrite([failed]);
    await journal.close();
    expect(statSync(file).mode & 0o777).toBe(0o664);
    expect(readFileSync(file, 'utf8')).toBe(journalHeader + line(failed));
  });

  test('is found from the directory in which the journal was made', async () => {
    const file = newFile();
    const journal = fileJournal(relative(process.cwd(), file));
    await journal.open();
    await journal.close();
    expect(existsSync(file)).toBe(true);
  });

  test('may be large', async () => {
    const file = newFile();
    const payload = 'x'.repeat(3_000_000);
    const records = [1, 2, 3].map((atMs) => ({ ...submitted, atMs, payload }));
    const journal = fileJournal(file);
    await journal.open();
    await Promise.all(records.map((record) => journal.append(record)));
    await journal.close();
    expect(await contentsOf(file)).toStrictEqual({ records, tornBytes: 0 });
    await journal.open();
    await journal.rewrite(records);
    await journal.close();
    expect(await contentsOf(file)).toStrictEqual({ records, tornBytes: 0 });
  });

  test('is free again after it could not be opened', async () => {
    const file = holding('');
    await expect(contentsOf(file)).rejects.toMatchObject({ code: 'journal-corrupt' });
    rmSync(file);
    expect(await contentsOf(file)).toStrictEqual({ records: [], tornBytes: 0 });
  });

  test('is rid of what a crash during a rewrite left behind', async () => {
    const file = holding(journalHeader + line(submitted));
    writeFileSync(`${file}.tmp`, journalHeader.slice(0, 20));
    expect(await contentsOf(file)).toStrictEqual({ records: [submitted], tornBytes: 0 });
  });

  test('stays as it was if it cannot be rewritten, and takes what comes after', async () => {
    const file = holding(journalHeader + line(submitted));
    const journal = fileJournal(file);
    await journal.open();
    mkdirSync(`${file}.tmp`);
    await expect(journal.rewrite([])).rejects.toMatchObject({
      code: 'journal-failed',
      path: file,
      message: expect.stringMatching(/could not rewrite: EISDIR/),
      cause: { code: 'EISDIR' },
    });
    await journal.append(failed);
    rmSync(`${file}.tmp`, { recursive: true });
    await journal.close();
    expect((await contentsOf(file)).records).toStrictEqual([submitted, failed]);
  });

  test('that cannot be used is an error with its cause', async () => {
    const missing = join(dirname(newFile()), 'none', 'a.journal');
    await expect(fileJournal(missing).open()).rejects.toMatchObject({
      code: 'journal-failed',
      path: missing,
      cause: { code: 'ENOENT' },
    });
    const directory = dirname(newFile());
    await expect(fileJournal(directory).open()).rejects.toMatchObject({
      code: 'journal-failed',
      cause: { code: 'EISDIR' },
    });
    await expect(fileJournal('/dev/null').open()).rejects.toMatchObject({ code: 'journal-failed' });
    expect(() => fileJournal(missing, { fsync: 'sometimes' as never })).toThrow(
      expect.objectContaining({ code: 'out-of-range', path: 'options.fsync' }),
    );
  });
});

describe('damage', () => {
  const records = [submitted, numbered(2), failed];
  const text = journalHeader + records.map(line).join('');
  const ends = [...text.matchAll(/\n/g)].map(({ index }) => index + 1);

  test('by a cut at any byte loses the cut record only, says so, and is mended', { timeout: 60_000 }, async () => {
    const file = newFile();
    for (let length = 0; length <= text.length; length += 1) {
      writeFileSync(file, text.slice(0, length));
      if (length < journalHeader.length) {
        await expect(contentsOf(file)).rejects.toMatchObject({ code: 'journal-corrupt', path: `${file}:1` });
        expect(readFileSync(file, 'utf8')).toBe(text.slice(0, length));
        continue;
      }
      const whole = ends.filter((end) => end <= length);
      const good = records.slice(0, whole.length - 1);
      expect(await contentsOf(file)).toStrictEqual({ records: good, tornBytes: length - whole.at(-1)! });
      expect(readFileSync(file, 'utf8')).toBe(text.slice(0, whole.at(-1)));
    }
  });

  test('by a cut is followed by what is appended next', async () => {
    const file = holding(text.slice(0, -5));
    const journal = fileJournal(file);
    expect(await journal.open()).toMatchObject({ tornBytes: line(failed).length - 5 });
    await journal.append(numbered(3));
    await journal.close();
    expect(readFileSync(file, 'utf8')).toBe(journalHeader + [submitted, numbered(2), numbered(3)].map(line).join(''));
  });

  test('of other kinds is an error with its line, and the file stays as it is', async () => {
    const damaged = [
      [text.replace('"r2"', '"r3"'), 'journal-corrupt', 3],
      [text.replace('"r2"', '"\0\0"'), 'journal-corrupt', 3],
      [`${text}\xff`, 'journal-corrupt', 5],
      ['hello\n', 'journal-corrupt', 1],
      [text.replace('"schemaVersion":1', '"schemaVersion":2'), 'unsupported-schema-version', 1],
    ] as const;
    for (const [content, code, at] of damaged) {
      const file = holding(content);
      await expect(contentsOf(file)).rejects.toMatchObject({ code, path: `${file}:${at}` });
      expect(readFileSync(file, 'latin1')).toBe(content);
    }
  });
});
