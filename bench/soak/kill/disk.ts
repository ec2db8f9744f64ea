import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { CompleteRequest } from '@tetri/scheduler';
import type { RandomSource } from '../../../src/simulation/random.js';
import { drawWhole } from '../../../src/testing/draws.js';
import type { End, Payload } from './lines.js';

/** A request in a journal whose end is not. */
export interface OpenOnDisk {
  readonly request: CompleteRequest;
  readonly payload: Payload;
  /** Lives in which it was started. */
  readonly starts: number;
}

/** What a journal says, read apart from the library: it is not to be its own witness. */
export interface JournalOnDisk {
  /** In order of submission. */
  readonly open: ReadonlyMap<string, OpenOnDisk>;
  /** The ends that stand there; each with the text of its line, which tells it from every other one. */
  readonly ends: readonly { readonly id: string; readonly end: End; readonly line: string }[];
  /** Whether a line is cut off. */
  readonly isTorn: boolean;
  /** What is wrong with it. */
  readonly problems: readonly string[];
}

type OnDisk =
  | { readonly type: 'submit'; readonly request: CompleteRequest; readonly payload: Payload }
  | { readonly type: 'start'; readonly requestId: string }
  | { readonly type: 'settle'; readonly requestId: string; readonly settlement: End };

/** Reads a journal that nobody uses; one that does not exist yet holds nothing. */
export function readJournal(file: string): JournalOnDisk {
  const open = new Map<string, OpenOnDisk>();
  const ends: { id: string; end: End; line: string }[] = [];
  const problems: string[] = [];
  const text = existsSync(file) ? readFileSync(file, 'latin1') : '';
  const [, ...lines] = text.split('\n');
  const rest = lines.pop();
  for (const line of lines) {
    const json = line.slice(9);
    if (Number.parseInt(line.slice(0, 8), 16) !== crc32(json)) {
      problems.push(`a line in the middle is damaged: ${line}`);
      continue;
    }
    const record = JSON.parse(json) as OnDisk;
    const id = record.type === 'submit' ? record.request.id : record.requestId;
    const entry = open.get(id);
    if ((entry === undefined) !== (record.type === 'submit')) problems.push(`a record out of place: ${line}`);
    if (record.type === 'submit') {
      open.set(id, { request: record.request, payload: record.payload, starts: 0 });
    } else if (record.type === 'start') {
      if (entry !== undefined) open.set(id, { ...entry, starts: entry.starts + 1 });
    } else {
      open.delete(id);
      ends.push({ id, end: record.settlement, line });
    }
  }
  return { open, ends, isTorn: rest !== undefined && rest !== '', problems };
}

/** Appends the beginning of a record, as a crash in the middle of a write leaves it; of one that was never confirmed to anybody. */
export function tear(file: string, random: RandomSource): void {
  const request = { id: 'torn', shape: '64x64', steps: 4, arrivalMs: 1, deadlineMs: 2, startStep: 0, weight: 1 };
  const json = JSON.stringify({ type: 'submit', atMs: 1, request, payload: { prompt: 'torn', flaw: 'none' } });
  const line = `${crc32(json).toString(16).padStart(8, '0')} ${json}`;
  // The newline is the last thing that is written: without it, even all the rest does not count.
  const cut = line.slice(0, drawWhole(random, 1, line.length));
  // Some file systems have the length of a file before its content.
  appendFileSync(file, cut + '\0'.repeat(random() < 0.3 ? drawWhole(random, 1, 20) : 0), 'latin1');
}

/** Leaves what a crash in the middle of a rewrite leaves. */
export function leaveTemporary(file: string): void {
  writeFileSync(`${file}.tmp`, '{"journal":"@tetri/scheduler","schemaVersion":1}\n00000000 {"type":"sub', 'latin1');
}
