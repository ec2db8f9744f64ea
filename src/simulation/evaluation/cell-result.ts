import { TetriError } from '../../model/index.js';
import { duration, list, nonNegative, record, whole } from '../../model/check.js';
import { oneOf } from './fields.js';

/** Attainment by time of arrival and degrees by time of execution, in windows of equal length from time 0 on. */
export interface OverTime {
  readonly windowMs: number;
  /** Requests that arrived in each window. */
  readonly arrived: readonly number[];
  /** Those of them that were on time. */
  readonly onTime: readonly number[];
  /** The mean degree of the denoising chunks, each for as long as it ran in the window; `null` where none did. */
  readonly meanDegree: readonly (number | null)[];
}

/** What is kept of a simulation. */
export interface RunResult {
  readonly kind: 'run';
  readonly requests: number;
  readonly onTime: number;
  /** From 0 to 1. */
  readonly sloAttainment: number;
  /** Of completed requests, in ms; `null` if there are none. */
  readonly meanLatencyMs: number | null;
  readonly p99LatencyMs: number | null;
  /** From 0 to 1. */
  readonly gpuUtilization: number;
  readonly perShape: Readonly<Record<string, { readonly requests: number; readonly onTime: number }>>;
  /** The percentiles 0 to 100 of the latency of all requests, in ms; `null` where they never ended. */
  readonly latencyPercentilesMs?: readonly (number | null)[];
  readonly overTime?: OverTime;
  /** Turns of the scheduler with a plan in them: how many, and how long they took in microseconds of a real clock. */
  readonly planning?: { readonly count: number; readonly meanUs: number; readonly p99Us: number };
}

/** What no scheduler can exceed. */
export interface BoundResult {
  readonly kind: 'bound';
  readonly requests: number;
  readonly onTime: number;
  readonly sloAttainment: number;
}

/** A cell that gave no result. */
export interface FailedResult {
  readonly kind: 'failed';
  /** Why, a line for people. */
  readonly message: string;
}

/** What became of a cell. */
export type CellResult = RunResult | BoundResult | FailedResult;

const kinds = ['run', 'bound', 'failed'] as const;

/**
 * Checks that a result from a file can be one: every number that reports are made of is there, and is one.
 *
 * @throws `TetriError` `invalid-type`, `out-of-range`
 */
export function parseCellResult(value: unknown, path: string): CellResult {
  const fields = record(value, path);
  const kind = oneOf(kinds)(fields['kind'], `${path}.kind`);
  if (kind === 'failed') checkMessage(fields['message'], `${path}.message`);
  else checkCounts(fields, path);
  if (kind === 'run') checkRun(fields, path);
  return value as CellResult;
}

type Fields = Readonly<Record<string, unknown>>;

function checkMessage(value: unknown, path: string): void {
  if (typeof value !== 'string') throw new TetriError('invalid-type', 'expected a string', path, value);
}

function checkCounts(fields: Fields, path: string): void {
  whole(fields['requests'], `${path}.requests`, 0);
  whole(fields['onTime'], `${path}.onTime`, 0);
  checkShare(fields['sloAttainment'], `${path}.sloAttainment`);
}

function checkRun(fields: Fields, path: string): void {
  checkNumberOrNull(fields['meanLatencyMs'], `${path}.meanLatencyMs`);
  checkNumberOrNull(fields['p99LatencyMs'], `${path}.p99LatencyMs`);
  checkShare(fields['gpuUtilization'], `${path}.gpuUtilization`);
  for (const [shape, counts] of Object.entries(record(fields['perShape'], `${path}.perShape`))) {
    const here = `${path}.perShape.${shape}`;
    const { requests, onTime } = record(counts, here);
    whole(requests, `${here}.requests`, 0);
    whole(onTime, `${here}.onTime`, 0);
  }
  if (fields['latencyPercentilesMs'] !== undefined) {
    listOf(checkNumberOrNull, 101)(fields['latencyPercentilesMs'], `${path}.latencyPercentilesMs`);
  }
  if (fields['overTime'] !== undefined) checkOverTime(fields['overTime'], `${path}.overTime`);
  if (fields['planning'] !== undefined) {
    const planning = record(fields['planning'], `${path}.planning`);
    for (const name of ['count', 'meanUs', 'p99Us']) nonNegative(planning[name], `${path}.planning.${name}`);
  }
}

function checkOverTime(value: unknown, path: string): void {
  const fields = record(value, path);
  duration(fields['windowMs'], `${path}.windowMs`);
  const windows = list(fields['arrived'], `${path}.arrived`).length;
  for (const name of ['arrived', 'onTime']) listOf(nonNegative, windows)(fields[name], `${path}.${name}`);
  listOf(checkNumberOrNull, windows)(fields['meanDegree'], `${path}.meanDegree`);
}

function listOf(check: (value: unknown, path: string) => unknown, length: number): typeof check {
  return (value, path) => {
    const entries = list(value, path);
    if (entries.length !== length) throw new TetriError('out-of-range', `expected ${length} entries`, path, value);
    entries.forEach((entry, index) => check(entry, `${path}[${index}]`));
  };
}

function checkNumberOrNull(value: unknown, path: string): void {
  if (value !== null) nonNegative(value, path);
}

function checkShare(value: unknown, path: string): void {
  const share = nonNegative(value, path);
  if (share > 1) throw new TetriError('out-of-range', `expected at most 1, received ${share}`, path, value);
}
