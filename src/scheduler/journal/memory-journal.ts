import { journalError } from './journal-error.js';
import type { JournalRecord } from './journal-record.js';
import type { Journal, JournalContents } from './journal.js';
import { formatRecord, parseRecord } from './record-json.js';

/**
 * A journal in memory: for tests, and as the simplest example of one. It survives its scheduler, not the process: close it, and the
 * next `open()` finds the records. Everything is copied, on the way in and on the way out.
 *
 * @param records - what it holds at first
 * @returns the journal; `records` is what it holds, also while it is closed
 * @throws `TetriError` `journal-failed` if one of `records` is none
 */
export function memoryJournal(
  records: readonly JournalRecord[] = [],
): Journal & { readonly records: readonly JournalRecord[] } {
  let lines = records.map(formatRecord);
  let isOpen = false;

  function requireOpen(): void {
    if (!isOpen) throw journalError('journal-failed', 'the journal is not open', '');
  }

  // Async, so that what is thrown is a rejection.
  /* eslint-disable @typescript-eslint/require-await */
  return {
    get records(): readonly JournalRecord[] {
      return lines.map((line) => parseRecord(JSON.parse(line)));
    },
    async open(): Promise<JournalContents> {
      if (isOpen) throw journalError('journal-locked', 'the journal is open already', '');
      isOpen = true;
      return { records: this.records, tornBytes: 0 };
    },
    async append(record: JournalRecord): Promise<void> {
      requireOpen();
      lines.push(formatRecord(record));
    },
    async rewrite(records: readonly JournalRecord[]): Promise<void> {
      requireOpen();
      lines = records.map(formatRecord);
    },
    async close(): Promise<void> {
      isOpen = false;
    },
  };
}
