import { finite, list, nonEmptyList, record, show, text, whole } from '../model/check.js';
import { TetriError } from '../model/index.js';
import type { ChunkRecord, RunLog } from './run-log.js';

/**
 * A run log as NDJSON: one chunk a line, each line ended by a newline, keys in a fixed order, so that equal logs are
 * equal texts. The inverse of {@link parseRunLog}; only `-0` comes back as `0`.
 */
export function formatRunLog(log: RunLog): string {
  return log
    .map(({ requestIds, gpus, degree, startMs, endMs, steps, fromSteps, stage, cut }) => {
      // JSON leaves out what is undefined.
      return `${JSON.stringify({ requestIds, gpus, degree, startMs, endMs, steps, fromSteps, stage, cut })}\n`;
    })
    .join('');
}

/**
 * Reads NDJSON as {@link formatRunLog} writes it. Fields are checked for type and range only: whether the chunks fit
 * together, and with a trace and a profile, is for `validateRun()` to say. Unknown fields are dropped.
 *
 * @param text - one JSON object a line; blank lines only at the end
 * @throws `TetriError` `invalid-json`, `invalid-type`, `out-of-range`, `empty`; its path starts with the line, `line 3`
 */
export function parseRunLog(text: string): RunLog {
  const body = text.trimEnd();
  if (body === '') return [];
  return body.split('\n').map((line, index) => {
    const at = `line ${index + 1}`;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw new TetriError('invalid-json', `expected a JSON object, received ${show(line)}`, at, line);
    }
    return parseChunk(value, at);
  });
}

/**
 * Checks one chunk, without regard to the others.
 *
 * @param value - the chunk as received
 * @param at - where it stands, for the error
 * @throws `TetriError` `invalid-type`, `out-of-range`, `empty`
 */
export function parseChunk(value: unknown, at = ''): ChunkRecord {
  const fields = record(value, at);
  const path = (name: string): string => (at === '' ? name : `${at}: ${name}`);
  const requestIds = nonEmptyList(fields['requestIds'], path('requestIds')).map((id) => text(id, path('requestIds')));
  const stage = oneOf(fields['stage'], ['encode', 'denoise', 'decode'], path('stage'));
  const cut = oneOf(fields['cut'], ['cancelled', 'gpu-lost'], path('cut'));
  const fromSteps =
    fields['fromSteps'] === undefined ? undefined : parseFromSteps(fields['fromSteps'], path('fromSteps'));
  if (fromSteps !== undefined && (fromSteps.length !== requestIds.length || (stage ?? 'denoise') !== 'denoise')) {
    const expected = 'one entry a request, and only where the stage is denoise';
    throw new TetriError(
      'out-of-range',
      `expected ${expected}, received ${show(fromSteps)}`,
      path('fromSteps'),
      fromSteps,
    );
  }
  return {
    requestIds,
    gpus: nonEmptyList(fields['gpus'], path('gpus')).map((gpu) => whole(gpu, path('gpus'), 0)),
    degree: whole(fields['degree'], path('degree'), 1),
    startMs: finite(fields['startMs'], path('startMs')),
    endMs: finite(fields['endMs'], path('endMs')),
    steps: whole(fields['steps'], path('steps'), 0),
    ...(fromSteps === undefined ? {} : { fromSteps }),
    ...(stage === undefined ? {} : { stage }),
    ...(cut === undefined ? {} : { cut }),
  };
}

function parseFromSteps(value: unknown, path: string): readonly number[] {
  return list(value, path).map((step) => whole(step, path, 0));
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[], path: string): T | undefined {
  if (value === undefined || allowed.includes(value as T)) return value as T | undefined;
  const code = typeof value === 'string' ? 'out-of-range' : 'invalid-type';
  throw new TetriError(code, `expected one of ${allowed.join(', ')}, received ${show(value)}`, path, value);
}
