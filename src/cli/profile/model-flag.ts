import { InvalidArgumentError } from 'commander';
import type { ModelFlag } from './flags.js';

/** Reads `ADAPTER` or `ADAPTER:PATH`; a path may hold colons. */
export function modelFlag(text: string): ModelFlag {
  const [, adapter, path] = /^([^:]+)(?::(.+))?$/s.exec(text) ?? [];
  if (adapter === undefined || adapter.startsWith('-')) {
    throw new InvalidArgumentError('Expected ADAPTER or ADAPTER:PATH.');
  }
  return { adapter, ...(path !== undefined && { path }) };
}
