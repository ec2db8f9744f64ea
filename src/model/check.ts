import { TetriError } from './errors.js';

/**
 * Checks for data that crosses the border. Each returns the checked value, so that a parser reads as the list of its
 * fields, and throws a {@link TetriError} that names the field and carries the value otherwise.
 */

/** A printable form of `value`, cut to a length that fits an error line. */
export function show(value: unknown): string {
  let text: string | undefined;
  try {
    const isPlain = typeof value === 'object' || typeof value === 'string';
    text = isPlain ? JSON.stringify(value) : ((value as symbol | undefined)?.toString() ?? 'undefined');
  } catch {
    // A cycle, or something that does not want to be printed.
  }
  text ??= Object.prototype.toString.call(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function fail(expected: string, path: string, received: unknown, isType: boolean): never {
  const code = isType ? 'invalid-type' : 'out-of-range';
  throw new TetriError(code, `expected ${expected}, received ${show(received)}`, path, received);
}

/** A plain object. */
export function record(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail('an object', path, value, true);
  return value as Record<string, unknown>;
}

/** An array. */
export function list(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) fail('an array', path, value, true);
  return value as readonly unknown[];
}

/** An array with at least one entry. */
export function nonEmptyList(value: unknown, path: string): readonly unknown[] {
  const entries = list(value, path);
  if (entries.length === 0) throw new TetriError('empty', 'expected at least one entry', path, value);
  return entries;
}

/** A string with at least one character. */
export function text(value: unknown, path: string): string {
  if (typeof value !== 'string') fail('a string', path, value, true);
  if (value === '') fail('a string that is not empty', path, value, false);
  return value;
}

/** What `parse` makes of a field, or its default where the field is missing. `null` does not count as missing. */
export function optional<T>(value: unknown, fallback: T, parse: (value: unknown) => T): T {
  return value === undefined ? fallback : parse(value);
}

/** A function. */
export function callable(value: unknown, path: string): (...args: never) => unknown {
  if (typeof value !== 'function') fail('a function', path, value, true);
  return value as (...args: never) => unknown;
}

/** An object with these methods. */
export function methods(value: unknown, path: string, names: readonly string[]): Record<string, unknown> {
  const object = record(value, path);
  for (const name of names) callable(object[name], `${path}.${name}`);
  return object;
}

/** `true` or `false`. */
export function flag(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') fail('true or false', path, value, true);
  return value;
}

/** A finite number. */
export function finite(value: unknown, path: string): number {
  if (typeof value !== 'number') fail('a number', path, value, true);
  if (!Number.isFinite(value)) fail('a finite number', path, value, false);
  return value;
}

/**
 * A time in ms: between -2^43 and 2^43, some 279 years, within which sums of times stay exact to a few thousandths of a millisecond. That
 * holds the time since 1970 as well.
 */
export function time(value: unknown, path: string): number {
  if (Math.abs(finite(value, path)) > 2 ** 43) fail('a time of at most 2^43 ms', path, value, false);
  return value as number;
}

/** A duration in ms, above 0 and at most 2^43. */
export function duration(value: unknown, path: string): number {
  if (!(time(value, path) > 0)) fail('a duration above 0', path, value, false);
  return value as number;
}

/** A finite number above zero. */
export function positive(value: unknown, path: string): number {
  if (!(finite(value, path) > 0)) fail('a number above 0', path, value, false);
  return value as number;
}

/** A finite number of at least zero. */
export function nonNegative(value: unknown, path: string): number {
  if (!(finite(value, path) >= 0)) fail('a number of at least 0', path, value, false);
  return value as number;
}

/** A whole number of at least `min`. */
export function whole(value: unknown, path: string, min: number): number {
  const number = finite(value, path);
  if (!Number.isSafeInteger(number) || number < min) fail(`a whole number of at least ${min}`, path, value, false);
  return number;
}

/** A `schemaVersion` field that this release reads. */
export function schemaVersion(value: unknown, path: string): 1 {
  if (value !== 1) {
    throw new TetriError(
      'unsupported-schema-version',
      `this release reads version 1, received ${show(value)}`,
      path,
      value,
    );
  }
  return value;
}
