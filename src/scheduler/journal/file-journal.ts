/**
 * A journal in a file, so that no accepted request is lost with the process. For Node.
 *
 * @packageDocumentation
 */
import { open, realpath, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { TetriError } from '../../model/index.js';
import { failing } from './file/failing.js';
import { takeLock } from './file/lock.js';
import { removeLeftover, replaceFile, syncDirectory } from './file/replace-file.js';
import { createWriter, type Writer } from './file/writer.js';
import { journalError } from './journal-error.js';
import { createJournalParser, formatLine, journalHeader, type ParsedJournal } from './journal-format.js';
import type { JournalRecord } from './journal-record.js';
import type { Journal, JournalContents } from './journal.js';

/** How safe a {@link fileJournal} makes its records. */
export interface FileJournalOptions {
  /**
   * What a record has survived when `append()` resolves. Default `always`.
   *
   * | value | `append()` resolves after | a confirmed record survives |
   * |---|---|---|
   * | `always` | `fdatasync` | the death of the process, a crash of the system, a power failure, as far as the disk keeps its word |
   * | `never` | `write` | the death of the process only; after a crash of the system or a power failure, the last seconds may be missing |
   *
   * With `always`, appends that come while the disk is busy share the next sync, so that many at once cost little more than one.
   */
  readonly fsync?: 'always' | 'never';
}

/** An open file: what writes to it, and what lets go of it. */
interface Session {
  readonly writer: Writer;
  readonly unlock: () => void;
}

/**
 * A journal in a file: text, one record a line, each with a checksum.
 *
 * `open()` creates the file if there is none, readable for its owner only; the directory must exist. It takes `path.lock`, so that no
 * second process of the same machine writes to it; a lock whose process is gone is taken over. Processes that do not see each other,
 * in two containers or on two machines that share a volume, must be kept apart by other means. A last line that a crash cut off is
 * removed from the file and counted in `tornBytes`; every other damage is `journal-corrupt`, and the file stays as it is. A record that
 * was never confirmed may be there nevertheless, if the crash came between the two.
 *
 * `append()` may fail for lack of space, say: then nothing of the record stays in the file, and the next one may succeed. After a
 * failed sync, or if the record cannot be taken back, the journal takes nothing more until it is opened anew, as it cannot know what
 * the disk has; such a record, though it was rejected, may turn up then.
 *
 * `rewrite()` writes `path.tmp` and renames it, always with a sync: a crash leaves all the old records or all the new ones. So `path`
 * must not be a file mounted into a container by itself; mount its directory. Made for local file systems, with hard links, of Linux
 * and macOS.
 *
 * @param path - the file; a relative one is taken from the present working directory
 * @returns a journal, which can be opened again after it was closed. Errors have the file as their `path`, with the line after a colon
 *   where there is one, and the error of the system as their `cause`
 * @throws `TetriError` `out-of-range` for an unknown option
 */
export function fileJournal(path: string, options: FileJournalOptions = {}): Journal {
  const { fsync = 'always' } = options;
  // From JavaScript, anything may come.
  if (!['always', 'never'].includes(fsync)) {
    throw new TetriError('out-of-range', 'expected always or never', 'options.fsync', fsync);
  }
  const file = resolve(path);
  let session: Session | undefined;
  let opening: Promise<JournalContents> | undefined;
  let closing: Promise<void> | undefined;

  async function start(): Promise<JournalContents> {
    const { contents, ...opened } = await failing('could not open', file, () => openSession(file, fsync === 'always'));
    session = opened;
    return contents;
  }

  async function end(): Promise<void> {
    if (opening !== undefined) await opening.catch(() => undefined);
    const ending = session;
    // At once, so that nothing is appended behind the end.
    session = undefined;
    await failing('could not close', file, async () => {
      try {
        await ending?.writer.close();
      } finally {
        ending?.unlock();
      }
    });
  }

  function writer(): Writer {
    if (session === undefined) throw journalError('journal-failed', 'the journal is not open', file);
    return session.writer;
  }

  return {
    async open(): Promise<JournalContents> {
      if (session !== undefined || opening !== undefined || closing !== undefined) {
        throw journalError('journal-locked', 'the journal is open already', file);
      }
      opening = start();
      try {
        return await opening;
      } finally {
        opening = undefined;
      }
    },
    async append(record: JournalRecord): Promise<void> {
      await writer().append(formatLine(record, crc32));
    },
    async rewrite(records: readonly JournalRecord[]): Promise<void> {
      await writer().replace(formatAll(records));
    },
    async close(): Promise<void> {
      closing ??= end().finally(() => (closing = undefined));
      await closing;
    },
  };
}

function formatAll(records: readonly JournalRecord[]): readonly string[] {
  return [journalHeader, ...records.map((record) => formatLine(record, crc32))];
}

async function openSession(path: string, isSynced: boolean): Promise<Session & { readonly contents: JournalContents }> {
  const file = await realFile(path);
  const unlock = takeLock(file);
  let handle: FileHandle | undefined;
  try {
    await removeLeftover(file);
    // Created whole, so that it is never seen without its first line, not even by the next process after a crash.
    handle = (await ifThere(open(file, 'r+'))) ?? (await replaceFile(file, [journalHeader], 0o600));
    const stat = await handle.stat();
    if (!stat.isFile()) throw journalError('journal-failed', 'not a regular file', file);
    const { records, goodBytes, tornBytes } = await read(file, handle);
    if (tornBytes > 0) await handle.truncate(goodBytes);
    // What the last process wrote and did not live to sync counts from now on. So it has to be safe, the name of the file included.
    await handle.sync();
    await syncDirectory(file);
    const writer = createWriter(file, handle, goodBytes, isSynced, {
      replace: (lines) => replaceFile(file, lines, stat.mode & 0o777),
      confirm: () => syncDirectory(file),
    });
    return { writer, unlock, contents: { records, tornBytes } };
  } catch (error) {
    await handle?.close().catch(() => undefined);
    unlock();
    throw error;
  }
}

/** The file behind symbolic links, as one that is renamed over a link would replace the link. */
async function realFile(path: string): Promise<string> {
  const real = await ifThere(realpath(path));
  return real ?? join(await realpath(dirname(path)), basename(path));
}

async function read(file: string, handle: FileHandle): Promise<ParsedJournal> {
  const parser = createJournalParser(file, crc32);
  const stream = handle.createReadStream({ encoding: 'latin1', start: 0, autoClose: false, highWaterMark: 1_000_000 });
  for await (const text of stream) parser.push(text as string);
  return parser.end();
}

/** What is found, or `undefined` if there is no such file. */
async function ifThere<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
