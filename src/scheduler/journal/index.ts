/** The journal: accepted requests written down, so that none is lost with the process. */
export type { Journal, JournalContents } from './journal.js';
export type { JournalRecord } from './journal-record.js';
export { memoryJournal } from './memory-journal.js';
