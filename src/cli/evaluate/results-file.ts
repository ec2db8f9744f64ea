import { appendFileSync, existsSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { list, record, schemaVersion, text } from '../../model/check.js';
import { TetriError } from '../../model/index.js';
import { parseCellResult, type Cell, type CellResult } from '../../simulation/evaluation/index.js';
import { parseJson, replaceText } from '../files.js';
import { InputError } from '../input-error.js';

/** A result, and what it is one of. */
export interface Entry {
  readonly key: string;
  readonly cell: Cell;
  readonly result: CellResult;
}

/** What made a document of results. */
export interface Head {
  readonly version: string;
  /** A hash of the code. */
  readonly code: string;
}

/** All results of an evaluation, as they stand in `results.json`. */
export interface ResultsDocument extends Head {
  readonly entries: readonly Entry[];
}

/** What stands in the folder of an evaluation: results as they came, a line each, until all are there and stand in one document. */
export interface ResultsFile {
  /** Those of earlier runs, by key. */
  readonly known: ReadonlyMap<string, Entry>;
  append(entry: Entry): void;
  /** Writes the document, and removes the lines. */
  finish(document: ResultsDocument): void;
}

/** Where the results of a folder stand when all are there. */
export function documentIn(folder: string): string {
  return join(folder, 'results.json');
}

/**
 * Opens the results in a folder.
 *
 * @throws `InputError` for files that this package did not write, or that are damaged elsewhere than in a last line that was cut off
 */
export function openResults(folder: string): ResultsFile {
  const lines = join(folder, 'results.ndjson');
  const earlier = readDocument(folder)?.entries ?? [];
  return {
    known: new Map([...earlier, ...readLines(lines)].map((entry) => [entry.key, entry])),
    append: (entry) => appendFileSync(lines, `${JSON.stringify(entry)}\n`),
    finish({ version, code, entries }) {
      const body = entries.map((entry) => JSON.stringify(entry)).join(',\n');
      const head = `"schemaVersion":1,\n"version":${JSON.stringify(version)},\n"code":${JSON.stringify(code)}`;
      replaceText(documentIn(folder), `{${head},\n"results":[\n${body}\n]}\n`);
      rmSync(lines, { force: true });
    },
  };
}

/**
 * The results in a folder, and what made them; `undefined` if there are none, or not all yet.
 *
 * @throws `InputError` for a document that this package did not write
 */
export function readDocument(folder: string): ResultsDocument | undefined {
  const path = documentIn(folder);
  if (!existsSync(path)) return undefined;
  return orRefuse(path, () => {
    const fields = record(parseJson('the document', readFileSync(path, 'utf8')), '');
    schemaVersion(fields['schemaVersion'], 'schemaVersion');
    return {
      version: text(fields['version'], 'version'),
      code: text(fields['code'], 'code'),
      entries: list(fields['results'], 'results').map((entry, index) => parseEntry(entry, `results[${index}]`)),
    };
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
      .map((line, index) => parseEntry(parseJson(`line ${index + 1}`, line), `line ${index + 1}`)),
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
    if (TetriError.isInstance(error) || error instanceof InputError) refuse(path, error.message);
    throw error;
  }
}

function refuse(path: string, why: string): never {
  throw new InputError(
    `${path} holds no results of tetri evaluate, so that nothing was changed; delete or move it: ${why}`,
  );
}
