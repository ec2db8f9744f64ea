import { TetriError } from '../../model/index.js';
import { list, record } from '../../model/check.js';

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

const kinds = ['run', 'bound', 'failed'];

/**
 * Checks that a result from a file can be one. Files of results are written by this package alone, so that it does not look into the numbers.
 *
 * @throws `TetriError` `invalid-type`, `out-of-range`
 */
export function parseCellResult(value: unknown, path: string): CellResult {
  const fields = record(value, path);
  const kind = fields['kind'];
  if (!kinds.includes(kind as string)) {
    throw new TetriError('out-of-range', `expected one of ${kinds.join(', ')}`, `${path}.kind`, kind);
  }
  if (kind === 'run') record(fields['perShape'], `${path}.perShape`);
  if (fields['latencyPercentilesMs'] !== undefined) {
    list(fields['latencyPercentilesMs'], `${path}.latencyPercentilesMs`);
  }
  return value as CellResult;
}
