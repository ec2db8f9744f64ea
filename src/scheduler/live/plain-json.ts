import { TetriError } from '../../model/index.js';
import { show } from '../../model/check.js';

/**
 * Checks that a value comes back from JSON as it is: no dates, bytes, functions or cycles, which would come back as something else
 * after a restart.
 *
 * @throws `TetriError` `invalid-type` with the path to what is not plain
 */
export function checkPlainJson(value: unknown, path: string, within: readonly unknown[] = []): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  const isPlain = Array.isArray(value) || isPlainObject(value);
  if (!isPlain || within.includes(value)) {
    throw new TetriError('invalid-type', `expected plain JSON data, received ${show(value)}`, path, value);
  }
  for (const [key, entry] of Object.entries(value as object)) {
    // JSON leaves out what is undefined, and nobody misses it.
    if (entry === undefined && !Array.isArray(value)) continue;
    checkPlainJson(entry, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, [...within, value]);
  }
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
