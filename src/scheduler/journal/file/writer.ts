import { journalError, messageOf } from '../journal-error.js';
import { failing } from './failing.js';

/** What the writer needs of an open file; Node's `FileHandle` has it. */
export interface WritableFile {
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
  truncate(length: number): Promise<void>;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** How the writer replaces the file: `replace` leaves all as it was if it fails, `confirm` makes it safe from a power failure. */
export interface Replacement {
  replace(lines: readonly string[]): Promise<WritableFile>;
  confirm(): Promise<void>;
}

/** Writes lines at the end of a file, one thing at a time in the order of the calls. */
export interface Writer {
  /** @throws `TetriError` `journal-failed` */
  append(line: string): Promise<void>;
  /** @throws `TetriError` `journal-failed` */
  replace(lines: readonly string[]): Promise<void>;
  /** Writes what is pending first. Its errors are those of the system. */
  close(): Promise<void>;
}

/**
 * A {@link Writer}. Lines that come while the file is busy are written together, and share one sync.
 *
 * @param path - for the errors
 * @param file - the file
 * @param size - the bytes in it
 * @param isSynced - whether a line is confirmed after a sync only
 * @param replacement - how to replace the file
 */
export function createWriter(
  path: string,
  file: WritableFile,
  size: number,
  isSynced: boolean,
  replacement: Replacement,
): Writer {
  let current = file;
  /** The bytes of whole lines, where the next one goes. */
  let end = size;
  /** The lines that wait for their turn together, and the promise that they share. */
  let waiting: { readonly lines: string[]; readonly written: Promise<void> } | undefined;
  let lastTurn: Promise<unknown> = Promise.resolve();
  /** Why nothing may be written any more. */
  let broken: unknown;

  function inTurn(act: () => Promise<void>): Promise<void> {
    const done = lastTurn.then(act);
    lastTurn = done.catch(() => undefined);
    return done;
  }

  async function writeLines(lines: readonly string[]): Promise<void> {
    const bytes = Buffer.from(lines.join(''), 'latin1');
    try {
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await current.write(bytes, done, bytes.length - done, end + done);
        if (bytesWritten === 0) throw new Error('the file takes no more bytes');
        done += bytesWritten;
      }
    } catch (error) {
      await cutBack();
      throw error;
    }
    if (isSynced) {
      try {
        await current.datasync();
      } catch (error) {
        // The system may have forgotten these bytes and still report the next sync as done: nothing after this can be trusted.
        broken = error;
        await current.truncate(end).catch(() => undefined);
        throw error;
      }
    }
    end += bytes.length;
  }

  /** Takes back what was written in part, so that no line ever stands behind garbage. */
  async function cutBack(): Promise<void> {
    try {
      await current.truncate(end);
      if (isSynced) await current.datasync();
    } catch (error) {
      broken = error;
    }
  }

  async function replaceBy(lines: readonly string[]): Promise<void> {
    const next = await replacement.replace(lines);
    const last = current;
    current = next;
    end = lines.reduce((sum, line) => sum + line.length, 0);
    // It has no name any more, so that nothing of it matters.
    await last.close().catch(() => undefined);
    try {
      await replacement.confirm();
    } catch (error) {
      // After a power failure the old file might be back, without what would be appended to the new one.
      broken = error;
      throw error;
    }
  }

  function usable(what: string, act: () => Promise<void>): Promise<void> {
    return failing(what, path, async () => {
      if (broken !== undefined) {
        const reason = `nothing more is written after an earlier failure: ${messageOf(broken)}`;
        throw journalError('journal-failed', reason, path, broken);
      }
      await act();
    });
  }

  return {
    append(line: string): Promise<void> {
      if (waiting === undefined) {
        const lines: string[] = [];
        const written = inTurn(() => {
          waiting = undefined;
          return usable('could not append', () => writeLines(lines));
        });
        waiting = { lines, written };
      }
      waiting.lines.push(line);
      return waiting.written;
    },
    replace(lines: readonly string[]): Promise<void> {
      // What is appended from now on comes after.
      waiting = undefined;
      return inTurn(() => usable('could not rewrite', () => replaceBy(lines)));
    },
    close(): Promise<void> {
      return inTurn(() => current.close());
    },
  };
}
