import { bisector } from 'd3-array';

/** Things with a start and an end that can be asked for by time. */
export interface Spans<T> {
  /** All that are at least partly between two times, in order of start. O(log n) and those that are visited. */
  visit: (fromMs: number, toMs: number, visitor: (item: T) => void) => void;
}

interface Span<T> {
  readonly item: T;
  readonly startMs: number;
  readonly endMs: number;
  /** The latest end so far: unlike the ends of things that overlap, in order. */
  latestEndMs: number;
}

const bisectEnds = bisector((span: Span<unknown>) => span.latestEndMs);

/** Sorts things by time. O(n log n). */
export function createSpans<T>(
  items: readonly T[],
  timesOf: (item: T) => { readonly startMs: number; readonly endMs: number },
): Spans<T> {
  const spans = items
    .map((item): Span<T> => {
      const { startMs, endMs } = timesOf(item);
      return { item, startMs, endMs, latestEndMs: endMs };
    })
    .sort((a, b) => a.startMs - b.startMs);
  let latestEndMs = -Infinity;
  for (const span of spans) span.latestEndMs = latestEndMs = Math.max(latestEndMs, span.endMs);
  return {
    visit(fromMs, toMs, visitor) {
      for (let index = bisectEnds.left(spans, fromMs); index < spans.length; index++) {
        const { item, startMs, endMs } = spans[index]!;
        if (startMs > toMs) return;
        if (endMs >= fromMs) visitor(item);
      }
    },
  };
}
