import { nonEmptyList, record, show, text, whole } from '../../model/check.js';
import { TetriError } from '../../model/index.js';

/** An object with these fields at most: grids are written by hand, and a typo must not change what is measured. */
export function recordOf(value: unknown, path: string, names: readonly string[]): Record<string, unknown> {
  const fields = record(value, path);
  for (const name of Object.keys(fields)) {
    if (names.includes(name)) continue;
    const message = `no such field; there are ${names.join(', ')}`;
    throw new TetriError('unknown-field', message, path === '' ? name : `${path}.${name}`, fields[name]);
  }
  return fields;
}

/** A list of at least one value, none of them twice. */
export function distinct<T>(value: unknown, path: string, parse: (value: unknown, path: string) => T): readonly T[] {
  const values = nonEmptyList(value, path).map((entry, index) => parse(entry, `${path}[${index}]`));
  const twice = values.findIndex((entry, index) => values.indexOf(entry) !== index);
  if (twice === -1) return values;
  const message = `expected each value once, received ${show(values[twice])} again`;
  throw new TetriError('out-of-range', message, `${path}[${twice}]`, values[twice]);
}

/** A text of one line: it is a heading or a name in a chart. */
export function line(value: unknown, path: string): string {
  const words = text(value, path);
  if (!/\p{Cc}/u.test(words)) return words;
  throw new TetriError('out-of-range', `expected a single line, received ${show(words)}`, path, words);
}

/** A whole number in a range, both ends included. */
export function wholeWithin(min: number, max: number): (value: unknown, path: string) => number {
  return (value, path) => {
    const number = whole(value, path, min);
    if (number <= max) return number;
    throw new TetriError('out-of-range', `expected at most ${max}, received ${show(value)}`, path, value);
  };
}

/** One of a few words. */
export function oneOf<T extends string>(words: readonly T[]): (value: unknown, path: string) => T {
  return (value, path) => {
    if ((words as readonly unknown[]).includes(value)) return value as T;
    const code = typeof value === 'string' ? 'out-of-range' : 'invalid-type';
    throw new TetriError(code, `expected one of ${words.join(', ')}, received ${show(value)}`, path, value);
  };
}

/** What `act` returns; what it finds wrong is said to stand at `path`. */
export function within<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!TetriError.isInstance(error)) throw error;
    const inner = error.path === '' ? '' : `.${error.path}`;
    const message = error.message.slice(inner === '' ? 0 : inner.length + 1);
    throw new TetriError(error.code, message, `${path}${inner}`, error.received);
  }
}
