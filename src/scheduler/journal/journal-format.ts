import { show } from '../../model/check.js';
import { TetriError } from '../../model/index.js';
import { journalError, messageOf } from './journal-error.js';
import type { JournalRecord } from './journal-record.js';
import { formatRecord, parseRecord } from './record-json.js';

/**
 * The text of a journal: printable ASCII, one line a record, each ended by a newline.
 *
 * ```text
 * {"journal":"@tetri/scheduler","schemaVersion":1}
 * 5d1c6b0e {"type":"start","atMs":1200,"requestId":"r1"}
 * ```
 *
 * The first word is the CRC-32 of the JSON after it, in eight hexadecimal digits. The newline is the last thing that is written of a
 * record, and a record is confirmed only after that: a line without one was never confirmed.
 */

/** The CRC-32 that zlib, gzip and PNG use, of a text of ASCII. */
export type Crc32 = (text: string) => number;

/** The first line, with its newline. */
export const journalHeader: string = '{"journal":"@tetri/scheduler","schemaVersion":1}\n';

/**
 * The line of a record, with its newline.
 *
 * @throws `TetriError` `journal-failed` if it is no record, or its payload no plain JSON data
 */
export function formatLine(record: JournalRecord, crc32: Crc32): string {
  const json = formatRecord(record);
  return `${checksum(json, crc32)} ${json}\n`;
}

/** What the text of a journal held. */
export interface ParsedJournal {
  readonly records: readonly JournalRecord[];
  /** The bytes of the header and the records: where the next line goes. */
  readonly goodBytes: number;
  /** The bytes after them, which a crash cut off. */
  readonly tornBytes: number;
}

/** Reads a text in pieces, cut anywhere. */
export interface JournalParser {
  /**
   * Takes the next piece, each byte as the character of its number (`latin1`).
   *
   * @throws `TetriError` `journal-corrupt`, `unsupported-schema-version`
   */
  push(text: string): void;
  /**
   * There is no more.
   *
   * @throws `TetriError` `journal-corrupt`
   */
  end(): ParsedJournal;
}

/**
 * Reads the text of a journal. What a crash explains is dropped and counted: a last line without its newline, with or without the NULs
 * that some file systems leave behind it after a power failure. Anything else that is not as it was written is an error: a whole last
 * line that is damaged may have been a confirmed record.
 *
 * @param path - the file, for the errors; their path is `path:line`
 */
export function createJournalParser(path: string, crc32: Crc32): JournalParser {
  const records: JournalRecord[] = [];
  let lines = 0;
  let goodBytes = 0;
  let rest = '';

  function corrupt(message: string, cause?: unknown): TetriError {
    const advice =
      lines === 0
        ? 'restore the file, or delete it to begin with no requests'
        : `restore the file, or cut it to ${goodBytes} bytes to keep what stands before this line`;
    return journalError('journal-corrupt', `${message}; ${advice}`, `${path}:${lines + 1}`, cause);
  }

  function takeLine(line: string): void {
    if (lines === 0) takeHeader(line);
    else records.push(parseLine(line));
    lines += 1;
    goodBytes += line.length + 1;
  }

  function takeHeader(line: string): void {
    if (`${line}\n` === journalHeader) return;
    const version = versionOf(line);
    if (version === undefined || version === 1) throw corrupt(`not a journal of @tetri/scheduler: ${show(line)}`);
    throw new TetriError(
      'unsupported-schema-version',
      `this release reads version 1, received ${show(version)}`,
      `${path}:1`,
      version,
    );
  }

  function parseLine(line: string): JournalRecord {
    if (!isPrintable(line)) throw corrupt('bytes that no journal has, such as NULs');
    const json = line.slice(9);
    if (line.slice(0, 9) !== `${checksum(json, crc32)} `) throw corrupt('a line that does not match its checksum');
    try {
      return parseRecord(JSON.parse(json));
    } catch (error) {
      throw corrupt(`not a record: ${messageOf(error)}`, error);
    }
  }

  /** Whether a crash explains what stands after the last newline. */
  function isTorn(tail: string): boolean {
    const written = tail.replace(/\0+$/, '');
    // A whole line with another character after it: its newline was damaged, not cut off.
    const line = written.slice(0, -1);
    const isWhole = line.length > 9 && line.slice(0, 9) === `${checksum(line.slice(9), crc32)} `;
    return isPrintable(written) && !isWhole;
  }

  return {
    push(text: string): void {
      const pieces = text.split('\n');
      const last = pieces.pop()!;
      for (const piece of pieces) {
        takeLine(rest + piece);
        rest = '';
      }
      rest += last;
      // Some other file, perhaps a huge one.
      if (lines === 0 && rest.length > 1000) takeHeader(rest);
    },
    end(): ParsedJournal {
      if (lines === 0 && rest === '') throw corrupt('empty, which a journal never is');
      if (lines === 0 && journalHeader.startsWith(rest)) throw corrupt('cut off in its first line');
      if (lines === 0) takeHeader(rest);
      if (!isTorn(rest)) throw corrupt('a damaged end, which is no record that was cut off');
      return { records, goodBytes, tornBytes: rest.length };
    },
  };
}

function checksum(json: string, crc32: Crc32): string {
  return crc32(json).toString(16).padStart(8, '0');
}

function isPrintable(line: string): boolean {
  return /^[ -~]*$/.test(line);
}

/** The schema version in the header of a journal of this package; `undefined` if it is none. */
function versionOf(line: string): unknown {
  try {
    const { journal, schemaVersion } = JSON.parse(line) as { journal?: unknown; schemaVersion?: unknown };
    return journal === '@tetri/scheduler' ? schemaVersion : undefined;
  } catch {
    return undefined;
  }
}
