import type { JournalRecord } from './journal-record.js';

/** What a journal held when it was opened. */
export interface JournalContents {
  /** The records, oldest first. */
  readonly records: readonly JournalRecord[];
  /**
   * Bytes at the end that were dropped, because a crash had cut the last record off; 0 if it ended cleanly. Such a record had never been
   * confirmed.
   */
  readonly tornBytes: number;
}

/**
 * Where accepted requests are written down, so that none is lost with the process: append-only, one record an event. A scheduler
 * opens it once; one journal serves one scheduler at a time.
 */
export interface Journal {
  /**
   * Opens it, and reads what is there.
   *
   * @throws `TetriError` `journal-corrupt`, `unsupported-schema-version`, `journal-locked` or `journal-failed`
   */
  open(): Promise<JournalContents>;
  /**
   * Adds a record. Resolves when it is as safe as the journal makes records; rejects with `journal-failed` if it could not be written,
   * and then the record does not count. Records are kept in the order of the calls.
   */
  append(record: JournalRecord): Promise<void>;
  /** Replaces all records by these, all or nothing: to forget what is settled. Later appends come after them. */
  rewrite(records: readonly JournalRecord[]): Promise<void>;
  /** Writes what is pending and lets go of it. Idempotent. */
  close(): Promise<void>;
}
