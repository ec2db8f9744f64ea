import type { ChunkRecord } from './run-log.js';

/** A well-formed chunk and where it stands. */
export interface Line {
  readonly line: number;
  readonly chunk: ChunkRecord;
}

/**
 * The lines by what they use (GPU or request), each group in order of time. Of two chunks that start together the one
 * that ends first comes first, so that a chunk of no length may touch another.
 */
export function groupByUse<K>(lines: readonly Line[], uses: (chunk: ChunkRecord) => readonly K[]): Map<K, Line[]> {
  const inOrder = lines.toSorted(
    (a, b) => a.chunk.startMs - b.chunk.startMs || a.chunk.endMs - b.chunk.endMs || a.line - b.line,
  );
  const groups = new Map<K, Line[]>();
  for (const line of inOrder) {
    const keys = uses(line.chunk);
    for (const key of keys.length > 1 ? new Set(keys) : keys) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [line]);
      else group.push(line);
    }
  }
  return groups;
}
