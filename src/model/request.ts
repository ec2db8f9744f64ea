import { positive, record, show, text, time, whole } from './check.js';
import { TetriError } from './errors.js';

/** One image or video to generate: so many denoising steps of one shape, due at a deadline. */
export interface GenerationRequest {
  /** Unique among the requests that are alive at one time. */
  readonly id: string;
  /** Shape id such as `"1024x1024"` or `"1280x720x129"`; the profile must cover it. */
  readonly shape: string;
  /** Denoising steps, at least 1. */
  readonly steps: number;
  /** When the request arrived, in ms on the caller's clock. */
  readonly arrivalMs: number;
  /** When the result is due, in ms on the same clock; at least `arrivalMs`. */
  readonly deadlineMs: number;
  /** The first step to run: above 0 after a cache hit that skips steps (paper section 5, Nirvana). Default 0. */
  readonly startStep?: number;
  /** How much meeting this deadline counts against others; above 0, default 1. */
  readonly weight?: number;
}

/** A {@link GenerationRequest} with every default filled in. */
export type CompleteRequest = Required<GenerationRequest>;

/**
 * Checks a request and fills in its defaults. The shape is checked for being a string only: whether a profile covers it
 * is the profile's to say.
 *
 * @param value - the request as received
 * @param path - where it stands, for the error
 * @throws {@link TetriError} `invalid-type`, `out-of-range`, `deadline-before-arrival`, `too-many-steps-done`
 */
export function parseRequest(value: unknown, path = ''): CompleteRequest {
  const at = path === '' ? '' : `${path}.`;
  const fields = record(value, path);
  const steps = whole(fields['steps'], `${at}steps`, 1);
  const arrivalMs = time(fields['arrivalMs'], `${at}arrivalMs`);
  const deadlineMs = time(fields['deadlineMs'], `${at}deadlineMs`);
  if (deadlineMs < arrivalMs) {
    throw new TetriError(
      'deadline-before-arrival',
      `due at ${show(deadlineMs)}, before the arrival at ${show(arrivalMs)}`,
      `${at}deadlineMs`,
      deadlineMs,
    );
  }
  const startStep = fields['startStep'] === undefined ? 0 : whole(fields['startStep'], `${at}startStep`, 0);
  if (startStep >= steps) {
    throw new TetriError('too-many-steps-done', `no step is left of ${steps}`, `${at}startStep`, startStep);
  }
  return {
    id: text(fields['id'], `${at}id`),
    shape: text(fields['shape'], `${at}shape`),
    steps,
    arrivalMs,
    deadlineMs,
    startStep,
    weight: fields['weight'] === undefined ? 1 : positive(fields['weight'], `${at}weight`),
  };
}

/**
 * The total order of requests: earlier deadline, then earlier arrival, then smaller id by code units. Negative if `a`
 * comes first. Two requests with different ids are never equal, so any sort by it is deterministic.
 */
export function compareRequests(
  a: Pick<GenerationRequest, 'id' | 'arrivalMs' | 'deadlineMs'>,
  b: Pick<GenerationRequest, 'id' | 'arrivalMs' | 'deadlineMs'>,
): number {
  return a.deadlineMs - b.deadlineMs || a.arrivalMs - b.arrivalMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
