import { appendFileSync, existsSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { record, schemaVersion, text } from '../../model/check.js';
import { TetriError } from '../../model/index.js';
import { parseCellResult, type Cell, type CellResult } from '../../simulation/evaluation/index.js';
import { parseJson, writeText } from '../files.js';
import { InputError } from '../input-error.js';

/** A result, and what it is one of. */
export interface Entry {
  readonly key: string;
  readonly cell: Cell;
  readonly result: CellResult;
}

/** What stands in the folder of an evaluation: results as they came, a line each, until all are there and stand in one document. */
export interface ResultsFile {
  /** Those of earlier runs, by key. */
  readonly known: ReadonlyMap<string, Entry>;
  append(entry: Entry): void;
  /** Writes the document, and removes the lines. */
  finish(head: Readonly<Record<string, unknown>>, entries: readonly Entry[]): void;
}

/**
 * Opens the results in a folder.
 *
 * @throws `InputError` for files that this package did not write, or that are damaged elsewhere than in a last line that was cut off
 */
export function openResults(folder: string): ResultsFile {
  const [lines, document] = [join(folder, 'results.ndjson'), join(folder, 'results.json')];
  const known = new Map([...readDocument(document), ...readLines(lines)].map((entry) => [entry.key, entry]));
  return {
    known,
    append: (entry) => appendFileSync(lines, `${JSON.stringify(entry)}\n`),
    finish(head, entries) {
      const body = entries.map((entry) => JSON.stringify(entry)).join(',\n');
      const fields = Object.entries(head).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)},\n`);
      writeText(document, `{"schemaVersion":1,\n${fields.join('')}"results":[\n${body}\n]}\n`);
      rmSync(lines, { force: true });
    },
  };
}

function readDocument(path: string): readonly Entry[] {
  if (!existsSync(path)) return [];
  return orRefuse(path, () => {
    const fields = record(parseJson(path, readFileSync(path, 'utf8')), '');
    schemaVersion(fields['schemaVersion'], 'schemaVersion');
    const results = fields['results'];
    if (!Array.isArray(results)) throw new TetriError('invalid-type', 'expected an array', 'results', results);
    return results.map((entry, index) => parseEntry(entry, `results[${index}]`));
  });
}

/** A process that dies may leave a part of a line at the end: it is cut off, so that the next line does not continue it. */
function readLines(path: string): readonly Entry[] {
  if (!existsSync(path)) return [];
  const whole = readFileSync(path, 'utf8');
  const complete = whole.slice(0, whole.lastIndexOf('\n') + 1);
  const entries = orRefuse(path, () =>
    complete
      .split('\n')
      .slice(0, -1)
      .map((line, index) => parseEntry(parseJson(`${path}:${index + 1}`, line), `line ${index + 1}`)),
  );
  // Not before it is clear that the file is one of ours. What is not even the start of a line of ours was not cut off.
  const rest = whole.slice(complete.length);
  if (rest !== '' && !'{"key":"'.startsWith(rest.slice(0, 8))) refuse(path, 'its last line is no result');
  if (rest !== '') truncateSync(path, Buffer.byteLength(complete));
  return entries;
}

function parseEntry(value: unknown, path: string): Entry {
  const fields = record(value, path);
  record(fields['cell'], `${path}.cell`);
  const result = parseCellResult(fields['result'], `${path}.result`);
  return { key: text(fields['key'], `${path}.key`), cell: fields['cell'] as Cell, result };
}

function orRefuse<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (TetriError.isInstance(error)) refuse(path, error.message);
    throw error;
  }
}

function refuse(path: string, why: string): never {
  throw new InputError(`${path} holds no results of tetri evaluate, so that nothing was changed: ${why}`);
}
