import type { CompleteRequest, Settlement } from '../../model/index.js';
import type { Journal, JournalRecord } from '../journal/index.js';
import { ask } from './foreign.js';

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
 * @throws what the journal throws; then it is closed
 */
export async function openLedger(journal: Journal, onError: (error: unknown, where: string) => void): Promise<Ledger> {
  const { records } = await journal.open();
  const alive = replay(records);
  const open = [...alive.values()].map(({ submit, crashes }) => ({
    ...{ request: submit.request, payload: submit.payload, crashes },
  }));
  let settledSince = 0;
  let isUntidy = false;
  const rewrite = async (): Promise<void> => {
    settledSince = 0;
    await journal.rewrite([...alive.values()].flatMap(recordsOf));
  };
  const pending = new Set<Promise<void>>();
  const append = async (record: JournalRecord): Promise<void> => {
    const written = ask(() => journal.append(record));
    pending.add(written);
    try {
      await written;
    } catch (error) {
      isUntidy = true;
      throw error;
    } finally {
      pending.delete(written);
    }
  };
  const complain = (error: unknown): void => {
    onError(error, 'journal');
  };
  try {
    if (records.length > 0) await rewrite();
  } catch (error) {
    await ask(() => journal.close()).catch(() => undefined);
    throw error;
  }
  return {
    open,
    submitted(request, payload, atMs) {
      const submit = { type: 'submit', atMs, request, ...(payload === undefined ? {} : { payload }) } as const;
      alive.set(request.id, { submit, crashes: 0, isStarted: false });
      return append(submit).catch((error: unknown) => {
        if (alive.get(request.id)?.submit === submit) alive.delete(request.id);
        throw error;
      });
    },
    started(requestId, atMs) {
      const entry = alive.get(requestId);
      if (entry === undefined) return;
      alive.set(requestId, { ...entry, isStarted: true });
      append({ type: 'start', atMs, requestId }).catch(complain);
    },
    async settled(requestId, settlement, atMs) {
      if (!alive.delete(requestId)) return;
      const written = append({ type: 'settle', atMs, requestId, settlement });
      if (++settledSince >= rewriteAfter && settledSince >= alive.size) rewrite().catch(complain);
      await written;
    },
    async close() {
      // First what is being written, since that decides what is alive.
      await Promise.allSettled(pending);
      // To be closed is not to crash: a start of this life does not count.
      const started = [...alive].filter(([, { isStarted }]) => isStarted);
      for (const [id, entry] of started) alive.set(id, { ...entry, isStarted: false });
      if (started.length > 0 || isUntidy) await rewrite().catch(complain);
      await journal.close();
    },
  };
}

interface Entry {
  readonly submit: SubmitRecord;
  /** Earlier lives in which it was started, and which did not end by being closed. */
  readonly crashes: number;
  /** Whether it was started in this life. */
  readonly isStarted: boolean;
}

/**
 * What is alive after these records. A record may be missing, since one that could not be written does not keep the next ones from being
 * written: a start or an end of a request that is not there is none of our business, and a submission ends what it replaces.
 */
function replay(records: readonly JournalRecord[]): Map<string, Entry> {
  const alive = new Map<string, Entry>();
  for (const record of records) {
    if (record.type === 'submit') {
      alive.set(record.request.id, { submit: record, crashes: 0, isStarted: false });
      continue;
    }
    const entry = alive.get(record.requestId);
    if (entry === undefined) continue;
    if (record.type === 'start') alive.set(record.requestId, { ...entry, crashes: entry.crashes + 1 });
    else alive.delete(record.requestId);
  }
  return alive;
}

function recordsOf({ submit, crashes, isStarted }: Entry): JournalRecord[] {
  const start = { type: 'start', atMs: submit.atMs, requestId: submit.request.id } as const;
  return [submit, ...Array.from({ length: crashes + Number(isStarted) }, () => start)];
}
