import { slackMs } from '../rounds/validate-tolerance.js';
import type { Line } from './validate-lines.js';

/**
 * Finds chunks that start before an earlier one of the same group has ended. Linear: the chunk that ends last so far
 * stands for all that came before.
 *
 * @param group - what uses one thing, in order of time
 * @param tell - called once for each line that starts too early, with a line that it overlaps
 */
export function findOverlaps(group: readonly Line[], tell: (line: Line, earlier: Line) => void): void {
  let last: Line | undefined;
  for (const line of group) {
    if (last !== undefined && line.chunk.startMs < last.chunk.endMs - slackMs(last.chunk.endMs)) tell(line, last);
    if (last === undefined || line.chunk.endMs > last.chunk.endMs) last = line;
  }
}
