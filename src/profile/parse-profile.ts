import { nonEmptyList, nonNegative, duration, record, schemaVersion, show, text, whole } from '../model/check.js';
import { latentTokens, parseShapeId, shapeId, TetriError } from '../model/index.js';
import { createProfile, type Profile } from './profile.js';
import { createShapeTimes, type BatchTimes, type ShapeTimes } from './shape-times.js';
import type { ProfileSource } from './step-profile.js';

/**
 * Checks a step-time profile (see `StepProfile`, as read from JSON) and makes it ready to plan with. Fields that the
 * schema does not have are ignored. O(shapes x degrees).
 *
 * @param value - the profile as received
 * @param path - where it stands, for the error
 * @throws `TetriError` `invalid-type`, `out-of-range`, `empty`, `unsupported-schema-version`, `invalid-shape` if an id and
 * its width, height and frames differ, `duplicate-shape`, `unknown-degree` if a time is given for a degree that is not listed
 */
export function parseProfile(value: unknown, path = ''): Profile {
  const fields = record(value, path);
  const at = path === '' ? '' : `${path}.`;
  schemaVersion(fields['schemaVersion'], `${at}schemaVersion`);
  const degrees = parseDegrees(fields['degrees'], `${at}degrees`);
  const seen = new Set<string>();
  return createProfile({
    model: text(fields['model'], `${at}model`),
    accelerator: text(fields['accelerator'], `${at}accelerator`),
    source: parseSource(fields['source'], `${at}source`),
    degrees,
    shapes: nonEmptyList(fields['shapes'], `${at}shapes`).map((entry, index) => {
      const here = `${at}shapes[${index}]`;
      const times = parseShape(entry, degrees, here);
      if (seen.has(times.id)) {
        throw new TetriError('duplicate-shape', `${times.id} stands twice`, `${here}.id`, times.id);
      }
      seen.add(times.id);
      return times;
    }),
  });
}

function parseSource(value: unknown, path: string): ProfileSource {
  const fields = record(value, path);
  const kind = text(fields['kind'], `${path}.kind`);
  if (kind !== 'measured' && kind !== 'estimated') {
    throw new TetriError(
      'out-of-range',
      `expected measured or estimated, received ${show(kind)}`,
      `${path}.kind`,
      kind,
    );
  }
  const remarks = ['by', 'path', 'commit', 'note'].filter((key) => fields[key] !== undefined);
  return { kind, ...Object.fromEntries(remarks.map((key) => [key, text(fields[key], `${path}.${key}`)])) };
}

function parseDegrees(value: unknown, path: string): readonly number[] {
  const degrees = nonEmptyList(value, path).map((entry, index) => whole(entry, `${path}[${index}]`, 1));
  const fault = degrees.findIndex((degree, index) => index > 0 && degree <= degrees[index - 1]!);
  if (fault !== -1) {
    const message = `expected ascending degrees, received ${degrees[fault]} after ${degrees[fault - 1]}`;
    throw new TetriError('out-of-range', message, `${path}[${fault}]`, degrees[fault]);
  }
  return degrees;
}

function parseShape(value: unknown, degrees: readonly number[], path: string): ShapeTimes {
  const fields = record(value, path);
  const id = text(fields['id'], `${path}.id`);
  parseShapeId(id, `${path}.id`);
  const shape = {
    width: whole(fields['width'], `${path}.width`, 1),
    height: whole(fields['height'], `${path}.height`, 1),
    frames: whole(fields['frames'], `${path}.frames`, 1),
  };
  if (shapeId(shape) !== id) {
    const message = `expected "${shapeId(shape)}" by width, height and frames, received ${show(id)}`;
    throw new TetriError('invalid-shape', message, `${path}.id`, id);
  }
  const stepMs = parseMsByDegree(fields['stepMs'], degrees, `${path}.stepMs`);
  const measured = degrees.filter((degree) => stepMs.has(degree));
  return createShapeTimes({
    id,
    ...shape,
    tokens: optional(fields['tokens'], latentTokens(shape), (tokens) => whole(tokens, `${path}.tokens`, 1)),
    interpolated: false,
    degrees: measured,
    stepMs: measured.map((degree) => stepMs.get(degree)!),
    batches: optional(fields['batchStepMs'], [], (batches) => parseBatches(batches, measured, `${path}.batchStepMs`)),
    encodeMs: optional(fields['encodeMs'], 0, (ms) => nonNegative(ms, `${path}.encodeMs`)),
    decodeMs: optional(fields['decodeMs'], 0, (ms) => nonNegative(ms, `${path}.decodeMs`)),
    stepCv: optional(fields['stepCv'], undefined, (cv) => parseCv(cv, `${path}.stepCv`)),
  });
}

// Only a missing field has a default: null is refused like any other value of a wrong type.
function optional<T, D>(value: unknown, fallback: D, parse: (value: unknown) => T): T | D {
  return value === undefined ? fallback : parse(value);
}

// The degrees of a batch are those of its shape: where one request does not fit, two do not.
function parseBatches(value: unknown, degrees: readonly number[], path: string): readonly BatchTimes[] {
  const batches = Object.entries(record(value, path)).map(([key, entry]) => {
    const here = `${path}[${JSON.stringify(key)}]`;
    const size = whole(/^(0|[1-9]\d*)$/.test(key) ? Number(key) : key, here, 2);
    const stepMs = parseMsByDegree(entry, degrees, here);
    return { size, stepMs: degrees.map((degree) => stepMs.get(degree)) };
  });
  return batches.sort((a, b) => a.size - b.size);
}

function parseMsByDegree(value: unknown, degrees: readonly number[], path: string): ReadonlyMap<number, number> {
  const entries = Object.entries(record(value, path));
  if (entries.length === 0) throw new TetriError('empty', 'expected the time of at least one degree', path, value);
  return new Map(
    entries.map(([key, ms]) => {
      const here = `${path}[${JSON.stringify(key)}]`;
      const degree = degrees.find((candidate) => String(candidate) === key);
      if (degree === undefined) {
        throw new TetriError(
          'unknown-degree',
          `expected one of ${degrees.join(', ')}, received ${show(key)}`,
          here,
          key,
        );
      }
      return [degree, duration(ms, here)];
    }),
  );
}

// A standard deviation as large as the mean is no step time, but a percentage or a mistake.
function parseCv(value: unknown, path: string): number {
  const cv = nonNegative(value, path);
  if (cv >= 1) throw new TetriError('out-of-range', `expected a number below 1, received ${show(cv)}`, path, cv);
  return cv;
}
