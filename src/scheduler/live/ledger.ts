import { TetriError, type CompleteRequest, type Settlement } from '../../model/index.js';
import type { Journal, JournalRecord } from '../journal/index.js';

type SubmitRecord = JournalRecord & { type: 'submit' };

/** A request that the journal knows and whose end it does not know. */
export interface OpenEntry {
  readonly request: CompleteRequest;
  readonly payload: unknown;
  /** How often it was running when the process died. */
  readonly crashes: number;
}

/** Keeps a journal: what is accepted, started and ended; and forgets what is over. */
export interface Ledger {
  /** The requests of earlier lives that are not over, in order of submission. */
  readonly open: readonly OpenEntry[];
  /** Resolves when the request is safe. */
  submitted(request: CompleteRequest, payload: unknown, atMs: number): Promise<void>;
  /** It has GPUs, for the first time in this life. */
  started(requestId: string, atMs: number): void;
  /** Resolves when its end is safe. */
  settled(requestId: string, settlement: Settlement, atMs: number): Promise<void>;
  close(): Promise<void>;
}

/** Settled requests after which the journal is rewritten, if they outnumber those alive. */
const rewriteAfter = 1000;

/**
 * Opens a journal and finds out what is still to be done.
 *
 * @param onError - told of what could not be written without anybody waiting for it
 * @throws `TetriError` `journal-corrupt` also for records that contradict each other
 */
export async function openLedger(journal: Journal, onError: (error: unknown, where: string) => void): Promise<Ledger> {
  const { records } = await journal.open();
  const alive = replay(records);
  const open = [...alive.values()].map(({ submit, starts }) => ({
    request: submit.request,
    payload: submit.payload,
    crashes: starts,
  }));
  let settledSince = 0;
  const rewrite = (): Promise<void> => {
    settledSince = 0;
    return journal.rewrite([...alive.values()].flatMap(recordsOf));
  };
  if (records.length > 0) await rewrite();
  return {
    open,
    submitted(request, payload, atMs) {
      const submit = { type: 'submit', atMs, request, ...(payload === undefined ? {} : { payload }) } as const;
      alive.set(request.id, { submit, starts: 0 });
      return journal.append(submit);
    },
    started(requestId, atMs) {
      const entry = alive.get(requestId);
      if (entry === undefined) return;
      alive.set(requestId, { ...entry, starts: entry.starts + 1 });
      journal.append({ type: 'start', atMs, requestId }).catch((error: unknown) => {
        onError(error, 'journal');
      });
    },
    async settled(requestId, settlement, atMs) {
      if (!alive.delete(requestId)) return;
      const written = journal.append({ type: 'settle', atMs, requestId, settlement });
      if (++settledSince >= rewriteAfter && settledSince >= alive.size) {
        rewrite().catch((error: unknown) => {
          onError(error, 'journal');
        });
      }
      await written;
    },
    close: () => journal.close(),
  };
}

interface Entry {
  readonly submit: SubmitRecord;
  readonly starts: number;
}

function replay(records: readonly JournalRecord[]): Map<string, Entry> {
  const alive = new Map<string, Entry>();
  records.forEach((record, index) => {
    const id = record.type === 'submit' ? record.request.id : record.requestId;
    const entry = alive.get(id);
    if ((record.type === 'submit') === (entry !== undefined)) {
      const message = `a "${record.type}" of request "${id}", which is ${entry === undefined ? 'not ' : ''}alive there`;
      throw new TetriError('journal-corrupt', message, `records[${index}]`, record);
    }
    if (record.type === 'submit') alive.set(id, { submit: record, starts: 0 });
    else if (record.type === 'start') alive.set(id, { ...(entry as Entry), starts: (entry as Entry).starts + 1 });
    else alive.delete(id);
  });
  return alive;
}

function recordsOf({ submit, starts }: Entry): JournalRecord[] {
  const start = { type: 'start', atMs: submit.atMs, requestId: submit.request.id } as const;
  return [submit, ...Array.from({ length: starts }, () => start)];
}
