import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { evaluationReport } from '../../report/evaluation/index.js';
import {
  canonicalJson,
  expandGrid,
  type Cell,
  type CellResult,
  type EvaluationGrid,
} from '../../simulation/evaluation/index.js';
import type { CliIo } from '../cli-io.js';
import { checkWritable, writeText } from '../files.js';
import { createProgress } from '../progress.js';
import { tell } from '../tell.js';
import { readVersion } from '../version.js';
import { cellKey } from './cell-key.js';
import { loadPeers } from './load-peers.js';
import { findOwnCode } from './own-code.js';
import { readGridProfiles, type GridProfile } from './read-grid-profiles.js';
import { openResults, type Entry } from './results-file.js';
import { runCells } from './run-cells.js';
import type { Task } from './worker.js';

/** What to evaluate, and where it goes. */
export interface EvaluateOptions {
  readonly grid: EvaluationGrid;
  /** The folder of results and figures; the report is the file beside it, with `.md` at its end. */
  readonly out: string;
  readonly jobs: number;
  /** What the user typed, for the report. */
  readonly command: string;
  /** Whether to take results as they are, and run nothing. */
  readonly isRedraw: boolean;
}

/** What a shell reports of a command that Ctrl-C ended. */
const interrupted = 130;

interface KeyedTask extends Task {
  readonly key: string;
}

/**
 * Runs what has no result yet, and writes results and report.
 *
 * @returns the exit code: 1 if a cell failed, 130 if the user stopped it
 */
export async function evaluate(options: EvaluateOptions, io: CliIo): Promise<number> {
  const { grid, out, jobs, isRedraw } = options;
  const cells = expandGrid(grid);
  const profiles = readGridProfiles(grid);
  const draw = await loadPeers(cells.some(({ kind }) => kind === 'bound'));
  mkdirSync(out, { recursive: true });
  checkWritable(`${out}.md`);
  const code = findOwnCode();
  const version = readVersion();
  const tasks = cells.map((cell): KeyedTask => {
    const { text: profileText } = profiles.get(cell.profile)!;
    return { cell, profileText, key: cellKey(cell, { version, code: code.hash, profileText }) };
  });
  const file = openResults(out);
  const results = isRedraw ? byCell(file.known.values()) : byKey(tasks, file.known);
  const left = isRedraw ? [] : tasks.filter(({ key }) => !results.has(key));
  if (results.size > 0 && left.length > 0) tell(io, `going on: ${results.size} of ${tasks.length} results are there`);

  const stop = new AbortController();
  const forgetInterrupt = io.onInterrupt(() => stop.abort());
  const progress = createProgress(io, left.length, left.length > 0, '{value} of {total} runs, about {left} left');
  let done = 0;
  try {
    await runCells(left, { code, jobs, signal: stop.signal }, (task, result) => {
      const entry = { key: task.key, cell: task.cell, result };
      file.append(entry);
      results.set(task.key, entry);
      progress.update(++done);
    });
  } finally {
    progress.stop();
    forgetInterrupt();
  }
  if (stop.signal.aborted) {
    tell(io, `interrupted; ${results.size} of ${tasks.length} results are kept, the same command goes on`);
    return interrupted;
  }
  const entries = tasks.flatMap(({ key, cell }) => results.get(isRedraw ? canonicalJson(cell) : key) ?? []);
  if (!isRedraw) file.finish({ version, code: code.hash }, entries);
  writeReport(options, entries, profiles, draw, version);
  return sayWhatBecame(options, entries, left.length, io);
}

/** Results of just these tasks that did not fail: what failed is tried again. */
function byKey(tasks: readonly KeyedTask[], known: ReadonlyMap<string, Entry>): Map<string, Entry> {
  const entries = tasks.flatMap(({ key }) => known.get(key) ?? []);
  return new Map(entries.filter(({ result }) => result.kind !== 'failed').map((entry) => [entry.key, entry]));
}

function byCell(entries: Iterable<Entry>): Map<string, Entry> {
  return new Map(Array.from(entries, (entry) => [canonicalJson(entry.cell), entry]));
}

function writeReport(
  { grid, out, command }: EvaluateOptions,
  entries: readonly Entry[],
  profiles: ReadonlyMap<string, GridProfile>,
  draw: Awaited<ReturnType<typeof loadPeers>>,
  version: string,
): void {
  const results = new Map<string, CellResult>(entries.map(({ cell, result }) => [canonicalJson(cell), result]));
  const figureFolder = `${basename(out)}/`;
  const about = new Map([...profiles].map(([name, { profile }]) => [name, profile]));
  const report = evaluationReport({ grid, results, profiles: about, command, version, figureFolder, draw });
  for (const [name, svg] of report.figures) writeText(join(out, name), svg);
  writeText(`${out}.md`, report.markdown);
}

function sayWhatBecame({ out }: EvaluateOptions, entries: readonly Entry[], ran: number, io: CliIo): number {
  const failed = entries.filter(({ result }) => result.kind === 'failed');
  for (const { cell, result } of failed.slice(0, 10)) {
    tell(io, `failed: ${describe(cell)}: ${result.kind === 'failed' ? result.message : ''}`);
  }
  if (failed.length > 0)
    tell(io, `${failed.length} of ${entries.length} runs failed; the same command tries them again`);
  io.stdout.write(`${entries.length} results, ${ran} of them new\nWrote ${out}.md and ${join(out, 'results.json')}\n`);
  return failed.length === 0 ? 0 : 1;
}

function describe(cell: Cell): string {
  const what = cell.kind === 'bound' ? 'bound' : `${cell.policy.name} ${JSON.stringify(cell.policy.options)}`;
  return `${what} on ${cell.profile}, ${cell.mix}, ${cell.rate.value} ${cell.rate.unit}, SLO x ${cell.slo.scale}, seed ${cell.seed}`;
}
