import type { Clock } from '../../../src/clock/index.js';
import { TetriError } from '../../../src/model/index.js';
import { memoryJournal, type Journal, type JournalRecord } from '../../../src/scheduler/index.js';

/** A journal that takes its time, and at times cannot write. */
export interface FlakyJournal extends Journal {
  /** What a process would find that opens it now. */
  readonly records: readonly JournalRecord[];
  /** Lets the next record of a type fail. */
  failNext(type: JournalRecord['type']): void;
  /** Requests of which something could not be written. */
  readonly failed: ReadonlySet<string>;
}

const idOf = (record: JournalRecord): string => (record.type === 'submit' ? record.request.id : record.requestId);

/** @param delayMs - how long it takes to write a record, one after another; 0 for no time */
export function flakyJournal(records: readonly JournalRecord[], clock: Clock, delayMs: number): FlakyJournal {
  const inner = memoryJournal(records);
  const failing = new Set<JournalRecord['type']>();
  const failed = new Set<string>();
  let tail: Promise<unknown> = Promise.resolve();
  let pending = 0;

  const write = (record: JournalRecord): Promise<void> => {
    if (!failing.delete(record.type)) return inner.append(record);
    failed.add(idOf(record));
    return Promise.reject(new TetriError('journal-failed', 'the disk is full'));
  };
  const inTurn = (job: () => Promise<void>): Promise<void> => {
    if (delayMs === 0 && pending === 0) return job();
    pending++;
    const done = tail
      .then(() => new Promise<void>((resolve) => clock.schedule(clock.nowMs() + delayMs, resolve)))
      .then(job);
    tail = done.then(
      () => pending--,
      () => pending--,
    );
    return done;
  };

  return {
    get records() {
      return inner.records;
    },
    failed,
    failNext: (type) => void failing.add(type),
    open: () => inner.open(),
    append: (record) => inTurn(() => write(record)),
    rewrite: (all) => inTurn(() => inner.rewrite(all)),
    async close() {
      await tail;
      await inner.close();
    },
  };
}

export type Submission = JournalRecord & { type: 'submit' };

/**
 * The requests that records leave unfinished, in order of submission, by rules of its own.
 *
 * @param failed - requests of which something could not be written: of these, records may be missing
 * @param violate - told of records that contradict each other
 */
export function unfinished(
  records: readonly JournalRecord[],
  failed: ReadonlySet<string>,
  violate: (what: string) => void,
): Map<string, Submission> {
  const alive = new Map<string, Submission>();
  for (const record of records) {
    const id = idOf(record);
    if ((record.type === 'submit') === alive.has(id) && !failed.has(id)) {
      violate(`the journal has a ${record.type} of ${id} out of place`);
    }
    if (record.type === 'submit') alive.set(id, record);
    else if (record.type === 'settle') alive.delete(id);
  }
  return alive;
}
