import { createHash } from 'node:crypto';
import { canonicalJson, type Cell } from '../../simulation/evaluation/index.js';

/** What a result depends on beside its cell. */
export interface Origin {
  readonly version: string;
  /** A hash of the code. */
  readonly code: string;
  /** The table of the profile, as JSON text. */
  readonly profileText: string;
}

/** The name of a result: a hash of all that it follows from. Nothing else has the same, so that no stale result is taken for a new one. */
export function cellKey(cell: Cell, origin: Origin): string {
  return createHash('sha256')
    .update(canonicalJson([cell, origin]))
    .digest('hex')
    .slice(0, 24);
}
