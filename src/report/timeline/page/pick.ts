import type { Block, LaneBlocks } from './blocks.js';
import { laneAt, rowAt, type Layout } from './layout.js';
import type { RequestLine } from './rows.js';
import type { Chunk, PageRequest } from './run.js';
import type { Spans } from './spans.js';

/** What is at a point: a chunk, or the line of a request. */
export type Pick =
  | { readonly chunk: Chunk; readonly requests: readonly PageRequest[] }
  | { readonly chunk: undefined; readonly requests: readonly PageRequest[] };

/** What can be pointed at. */
export interface Targets {
  readonly layout: Layout;
  readonly lanes: readonly LaneBlocks[];
  readonly rows: readonly Spans<RequestLine>[];
}

/**
 * What is at a time and a height of the content; if nothing is, what is nearest within a tolerance.
 *
 * @param toleranceMs - what a pixel or two are worth
 */
export function pick({ layout, lanes, rows }: Targets, ms: number, y: number, toleranceMs: number): Pick | undefined {
  const lane = laneAt(layout, y);
  if (lane !== undefined) {
    const block = nearest<Block>(lanes[lane]!.held, ms, toleranceMs, ({ chunk }) => [chunk.startMs, chunk.endMs]);
    return block && { chunk: block.chunk, requests: block.chunk.requests };
  }
  const row = rowAt(layout, y);
  if (row === undefined) return undefined;
  const line = nearest<RequestLine>(rows[row]!, ms, 3 * toleranceMs, ({ arrivalMs, endMs, deadlineMs }) => [
    arrivalMs,
    Math.max(endMs, deadlineMs),
  ]);
  return line && { chunk: undefined, requests: [line.request] };
}

function nearest<T>(
  spans: Spans<T>,
  ms: number,
  toleranceMs: number,
  timesOf: (item: T) => readonly [startMs: number, endMs: number],
): T | undefined {
  let found: T | undefined;
  let best = Infinity;
  spans.visit(ms - toleranceMs, ms + toleranceMs, (item) => {
    const [startMs, endMs] = timesOf(item);
    const distance = Math.max(startMs - ms, ms - endMs, 0);
    if (distance < best) [found, best] = [item, distance];
  });
  return found;
}
