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
import type { DrawChart } from '../draw-chart.js';
import { checkWritable, isThere, makeFolder, writeText } from '../files.js';
import { InputError } from '../input-error.js';
import { createProgress } from '../progress.js';
import type { ProfileText } from '../read-profile.js';
import { tell } from '../tell.js';
import { readVersion } from '../version.js';
import { cellKey } from './cell-key.js';
import { loadPeers } from './load-peers.js';
import { lockFolder } from './lock-folder.js';
import { checkIsOwnReport, reportOf } from './out-folder.js';
import { findOwnCode } from './own-code.js';
import { readGridProfiles } from './read-grid-profiles.js';
import { documentIn, openResults, readDocument, type Entry } from './results-file.js';
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
  /** Whether to take results as they are in the document, and run nothing. */
  readonly isRedraw: boolean;
}

/** What a shell reports of a command that Ctrl-C ended. */
const interrupted = 130;

interface KeyedTask extends Task {
  readonly key: string;
}

/** All results of a grid that there are. */
interface Evaluated {
  /** The version of the package that made them. */
  readonly version: string;
  readonly entries: readonly Entry[];
  /** How many of them were made just now. */
  readonly newCount: number;
}

type Profiles = ReadonlyMap<string, ProfileText>;

/**
 * Runs what has no result yet, and writes results and report.
 *
 * @returns the exit code: 1 if a cell failed, 130 if the user stopped it
 * @throws `InputError` for profiles, packages or files that are missing, or are in the way
 */
export async function evaluate(options: EvaluateOptions, io: CliIo): Promise<number> {
  const { grid, out, isRedraw } = options;
  const cells = expandGrid(grid);
  const profiles = readGridProfiles(grid);
  const draw = await loadPeers(!isRedraw && cells.some(({ kind }) => kind === 'bound'));
  checkIsOwnReport(reportOf(out));
  if (!isRedraw) makeFolder(out);
  else if (!isThere(documentIn(out)))
    throw new InputError(`there is no ${documentIn(out)} to draw; run it without --redraw first`);
  checkWritable(reportOf(out));
  const unlock = lockFolder(out);
  try {
    const evaluated = isRedraw ? takeAsTheyAre(cells, out) : await runMissing(cells, profiles, options, io);
    if (evaluated === undefined) return interrupted;
    writeReport(options, evaluated, profiles, draw);
    return sayWhatBecame(options, evaluated, io);
  } finally {
    unlock();
  }
}

/** What the document says of these cells, whatever code made that. */
function takeAsTheyAre(cells: readonly Cell[], out: string): Evaluated {
  const { version, entries: all } = readDocument(out)!;
  const byCell = new Map(all.map((entry) => [canonicalJson(entry.cell), entry]));
  const entries = cells.flatMap((cell) => byCell.get(canonicalJson(cell)) ?? []);
  if (entries.length === 0) throw new InputError(`${documentIn(out)} holds no result of this grid`);
  return { version, entries, newCount: 0 };
}

/** Runs the cells without a result, and writes all results; `undefined` if the user stopped it. */
async function runMissing(
  cells: readonly Cell[],
  profiles: Profiles,
  { out, jobs }: EvaluateOptions,
  io: CliIo,
): Promise<Evaluated | undefined> {
  const code = findOwnCode();
  const version = readVersion();
  const tasks = cells.map((cell): KeyedTask => {
    const { text: profileText } = profiles.get(cell.profile)!;
    return { cell, profileText, key: cellKey(cell, { version, code: code.hash, profileText }) };
  });
  const file = openResults(out);
  const others = file.known.size - tasks.filter(({ key }) => file.known.has(key)).length;
  if (others > 0)
    tell(
      io,
      `${others} results of another grid, profile or code are in ${out}, and will be replaced when all cells are done`,
    );
  const results = withoutFailures(tasks, file.known);
  const left = tasks.filter(({ key }) => !results.has(key));
  if (results.size > 0 && left.length > 0) tell(io, `going on: ${results.size} of ${tasks.length} results are there`);

  const stop = new AbortController();
  const forgetInterrupt = io.onInterrupt(() => stop.abort());
  const progress = createProgress(io, left.length, left.length > 0, '{value} of {total} cells, about {left} left');
  let newCount = 0;
  try {
    await runCells(left, { code, jobs, signal: stop.signal }, (task, result) => {
      const entry = { key: task.key, cell: task.cell, result };
      file.append(entry);
      results.set(task.key, entry);
      progress.update(++newCount);
    });
  } finally {
    progress.stop();
    forgetInterrupt();
  }
  if (stop.signal.aborted) {
    tell(io, `interrupted; ${results.size} of ${tasks.length} results are kept, the same command goes on`);
    return undefined;
  }
  const entries = tasks.flatMap(({ key }) => results.get(key) ?? []);
  file.finish({ version, code: code.hash, entries });
  return { version, entries, newCount };
}

/** Results of just these tasks that did not fail: what failed is tried again. */
function withoutFailures(tasks: readonly KeyedTask[], known: ReadonlyMap<string, Entry>): Map<string, Entry> {
  const entries = tasks.flatMap(({ key }) => known.get(key) ?? []);
  return new Map(entries.filter(({ result }) => result.kind !== 'failed').map((entry) => [entry.key, entry]));
}

function writeReport(
  { grid, out, command }: EvaluateOptions,
  { entries, version }: Evaluated,
  profiles: Profiles,
  draw: DrawChart,
): void {
  const results = new Map<string, CellResult>(entries.map(({ cell, result }) => [canonicalJson(cell), result]));
  const figureFolder = `${basename(out)}/`;
  const about = new Map([...profiles].map(([name, { profile }]) => [name, profile]));
  const report = evaluationReport({ grid, results, profiles: about, command, version, figureFolder, draw });
  for (const [name, svg] of report.figures) writeText(join(out, name), svg);
  writeText(reportOf(out), report.markdown);
}

function sayWhatBecame({ out, isRedraw }: EvaluateOptions, { entries, newCount }: Evaluated, io: CliIo): number {
  const failures = entries.flatMap(({ cell, result }) => (result.kind === 'failed' ? [{ cell, ...result }] : []));
  for (const { cell, message } of failures.slice(0, 10)) tell(io, `failed: ${describe(cell)}: ${message}`);
  if (failures.length > 0) {
    const again = isRedraw ? 'without --redraw they are tried again' : 'the same command tries them again';
    tell(io, `${failures.length} of ${entries.length} cells failed; ${again}`);
  }
  const written = isRedraw ? 'its figures' : documentIn(out);
  io.stdout.write(`${entries.length} results, ${newCount} of them new\nWrote ${reportOf(out)} and ${written}\n`);
  return failures.length === 0 ? 0 : 1;
}

function describe(cell: Cell): string {
  const what = cell.kind === 'bound' ? 'bound' : `${cell.policy.name} ${JSON.stringify(cell.policy.options)}`;
  return `${what} on ${cell.profile}, ${cell.mix}, ${cell.rate.value} ${cell.rate.unit}, SLO x ${cell.slo.scale}, seed ${cell.seed}`;
}
