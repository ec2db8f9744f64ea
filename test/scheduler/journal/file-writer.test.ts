import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createWriter, type WritableFile, type Writer } from '../../../src/scheduler/journal/file/writer.js';
import { createJournalParser, formatLine, journalHeader } from '../../../src/scheduler/journal/journal-format.js';
import { numbered } from './records.js';

const line = (number: number): string => formatLine(numbered(number), crc32);

/** What a call of the system does: goes well, or fails; a `write` may end early either way. */
type Fault = 'fail' | 'short' | 'short, then fail' | undefined;

/** A disk of one file, in which each call may fail as the list says, in turn. */
class Disk {
  content: Buffer = Buffer.from(journalHeader);
  readonly calls: string[] = [];
  readonly failed = new Set<string>();
  readonly #faults: Fault[];

  constructor(faults: readonly Fault[] = []) {
    this.#faults = [...faults];
  }

  open(): WritableFile {
    let content = this.content;
    const put = (changed: Buffer): void => {
      // A file that was replaced has no name any more.
      if (this.content === content) this.content = changed;
      content = changed;
    };
    return {
      write: async (bytes, offset, length, position) => {
        const fault = await this.next('write');
        const bytesWritten = fault === undefined ? length : Math.ceil(length / 2);
        const gap = Buffer.alloc(Math.max(0, position - content.length));
        const written = bytes.subarray(offset, offset + bytesWritten);
        const behind = content.subarray(position + bytesWritten);
        put(Buffer.concat([content.subarray(0, position), gap, written, behind]));
        if (fault === 'short, then fail') this.#faults.unshift('fail');
        return { bytesWritten };
      },
      truncate: async (length) => {
        await this.next('truncate');
        put(content.subarray(0, length));
      },
      datasync: async () => {
        await this.next('datasync');
      },
      close: async () => {
        await Promise.resolve();
        this.calls.push('close');
      },
    };
  }

  async next(call: string): Promise<Fault> {
    await Promise.resolve();
    const fault = this.#faults.shift();
    this.calls.push(call);
    if (fault === 'fail' || (fault !== undefined && call !== 'write')) this.fail(call);
    return fault;
  }

  fail(call: string): never {
    this.failed.add(call);
    throw new Error(`${call} failed`);
  }

  writer(isSynced = true): Writer {
    return createWriter('/j', this.open(), this.content.length, isSynced, {
      replace: async (lines) => {
        await Promise.resolve();
        if (this.#faults.shift() === 'fail') this.fail('replace');
        this.calls.push('replace');
        this.content = Buffer.from(lines.join(''));
        return this.open();
      },
      confirm: async () => {
        await Promise.resolve();
        if (this.#faults.shift() === 'fail') this.fail('confirm');
      },
    });
  }

  /** The numbers of the records that would be found now. */
  numbers(): readonly number[] {
    const parser = createJournalParser('/j', crc32);
    parser.push(this.content.toString('latin1'));
    return parser.end().records.map(({ atMs }) => atMs);
  }
}

async function outcomes(promises: readonly Promise<unknown>[]): Promise<readonly string[]> {
  return (await Promise.allSettled(promises)).map(({ status }) => status);
}

describe('many lines', () => {
  test('of one moment share one write and one sync', async () => {
    const disk = new Disk();
    const writer = disk.writer();
    await Promise.all([1, 2, 3].map((number) => writer.append(line(number))));
    expect(disk.calls).toEqual(['write', 'datasync']);
    expect(disk.numbers()).toEqual([1, 2, 3]);
  });

  test('that come while the disk is busy share the next sync', async () => {
    const disk = new Disk();
    const file = disk.open();
    let release = (): void => undefined;
    const busy = new Promise<void>((resolve) => (release = resolve));
    let syncing = (): void => undefined;
    const started = new Promise<void>((resolve) => (syncing = resolve));
    const datasync = async (): Promise<void> => {
      await file.datasync();
      syncing();
      await busy;
    };
    const replacement = { replace: () => Promise.reject(new Error()), confirm: () => Promise.resolve() };
    const writer = createWriter('/j', { ...file, datasync }, disk.content.length, true, replacement);
    const confirmed: number[] = [];
    const append = (number: number): Promise<unknown> => writer.append(line(number)).then(() => confirmed.push(number));
    const first = append(1);
    await started;
    const later = [2, 3, 4, 5].map(append);
    await new Promise((resolve) => setImmediate(resolve));
    expect({ calls: disk.calls, confirmed }).toEqual({ calls: ['write', 'datasync'], confirmed: [] });
    release();
    await Promise.all([first, ...later]);
    expect(disk.calls).toEqual(['write', 'datasync', 'write', 'datasync']);
    expect(confirmed).toEqual([1, 2, 3, 4, 5]);
  });

  test('are written without a sync where none is asked for', async () => {
    const disk = new Disk();
    await disk.writer(false).append(line(1));
    expect(disk.calls).toEqual(['write']);
  });

  test('go before and behind a replacement in the order of the calls', async () => {
    const disk = new Disk();
    const writer = disk.writer();
    await Promise.all([
      writer.append(line(1)),
      writer.replace([journalHeader, line(2)]),
      writer.append(line(3)),
      writer.append(line(4)),
      writer.replace([journalHeader, line(5)]),
      writer.append(line(6)),
      writer.close(),
    ]);
    const replaced = ['replace', 'close', 'write', 'datasync'];
    expect(disk.calls).toEqual(['write', 'datasync', ...replaced, ...replaced, 'close']);
    expect(disk.numbers()).toEqual([5, 6]);
  });
});

describe('a failure', () => {
  test('of a write takes the line back, and the next one is written', async () => {
    const disk = new Disk([undefined, undefined, 'short, then fail']);
    const writer = disk.writer();
    await writer.append(line(1));
    await expect(writer.append(line(2))).rejects.toMatchObject({
      code: 'journal-failed',
      path: '/j',
      message: '/j: could not append: write failed',
      cause: { message: 'write failed' },
    });
    expect(disk.content.toString()).toBe(journalHeader + line(1));
    await writer.append(line(3));
    expect(disk.numbers()).toEqual([1, 3]);
  });

  test('of a write that could not be taken back ends all writing', async () => {
    const disk = new Disk(['short, then fail', undefined, 'fail']);
    const writer = disk.writer();
    await expect(writer.append(line(1))).rejects.toMatchObject({ cause: { message: 'write failed' } });
    const later = { message: expect.stringMatching(/earlier failure: datasync failed/) };
    await expect(writer.append(line(2))).rejects.toMatchObject(later);
    expect(disk.calls).toEqual(['write', 'write', 'truncate', 'datasync']);
  });

  test('of a sync ends all writing, and says why ever after', async () => {
    const disk = new Disk([undefined, 'fail']);
    const writer = disk.writer();
    await expect(writer.append(line(1))).rejects.toMatchObject({ cause: { message: 'datasync failed' } });
    const later = { code: 'journal-failed', message: expect.stringMatching(/earlier failure: datasync failed/) };
    await expect(writer.append(line(2))).rejects.toMatchObject(later);
    await expect(writer.replace([journalHeader])).rejects.toMatchObject(later);
    await writer.close();
    expect(disk.calls).toEqual(['write', 'datasync', 'truncate', 'close']);
  });

  test('of a disk that takes nothing does not hang', async () => {
    const disk = new Disk();
    const stuck = { ...disk.open(), write: () => Promise.resolve({ bytesWritten: 0 }) };
    const replacement = { replace: () => Promise.reject(new Error()), confirm: () => Promise.resolve() };
    const writer = createWriter('/j', stuck, disk.content.length, true, replacement);
    await expect(writer.append(line(1))).rejects.toMatchObject({ code: 'journal-failed' });
  });

  test('of a replacement leaves what was, and what comes after is written', async () => {
    const disk = new Disk([undefined, undefined, 'fail']);
    const writer = disk.writer();
    const all = [writer.append(line(1)), writer.replace([journalHeader, line(2)]), writer.append(line(3))];
    expect(await outcomes(all)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(disk.numbers()).toEqual([1, 3]);
  });

  test('to make a replacement safe ends all writing', async () => {
    const disk = new Disk([undefined, 'fail']);
    const writer = disk.writer();
    const all = [writer.replace([journalHeader, line(2)]), writer.append(line(3))];
    expect(await outcomes(all)).toEqual(['rejected', 'rejected']);
    expect(disk.numbers()).toEqual([2]);
  });

  test('of any call at any time never spoils the file, or loses what was confirmed', async () => {
    const fault = fc.option(fc.constantFrom<Fault[]>('fail', 'short', 'short, then fail'), { nil: undefined, freq: 3 });
    const moves = fc.array(fc.constantFrom('append', 'replace', 'wait'), { minLength: 1, maxLength: 15 });
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { maxLength: 30 }), moves, fc.boolean(), async (faults, all, isSynced) => {
        const disk = new Disk(faults);
        const writer = disk.writer(isSynced);
        /** What must be there, in order. */
        let confirmed: readonly number[] = [];
        const pending: Promise<unknown>[] = [];
        for (const [number, move] of all.entries()) {
          if (move === 'append') {
            const done = () => (confirmed = [...confirmed, number]);
            pending.push(writer.append(line(number)).then(done, () => undefined));
          } else if (move === 'replace') {
            const done = () => (confirmed = [number]);
            pending.push(writer.replace([journalHeader, line(number)]).then(done, () => undefined));
          } else {
            await Promise.all(pending);
            const found = disk.numbers();
            const isUndone = !['truncate', 'datasync', 'confirm'].some((call) => disk.failed.has(call));
            if (isUndone) expect(found).toEqual(confirmed);
            // A replacement is there before it is safe, and then in the place of all else.
            else if (!disk.failed.has('confirm'))
              expect(found.filter((other) => confirmed.includes(other))).toEqual(confirmed);
          }
        }
        await writer.close();
        const known = all.keys();
        expect([...known]).toEqual(expect.arrayContaining([...disk.numbers()]));
      }),
      { numRuns: 1000 },
    );
  });
});
