import { endOf, type PageRequest } from './run.js';
import { createSpans, type Spans } from './spans.js';

/** More rows than this nobody can tell apart; then requests share one. */
const maxRows = 200;

/** The line of a request: from its arrival until both its end and its deadline are past. */
export interface RequestLine {
  readonly request: PageRequest;
  readonly arrivalMs: number;
  readonly deadlineMs: number;
  readonly endMs: number;
  /** When its first chunk started; its end if there is none. */
  readonly firstMs: number;
}

/** Puts the lines of all requests on as few rows as they need, so that those alive at one time stand on different ones. */
export function requestRows(requests: readonly PageRequest[]): readonly Spans<RequestLine>[] {
  const lines = requests.flatMap((request): RequestLine[] => {
    const { arrivalMs, deadlineMs, chunks } = request;
    const endMs = endOf(request);
    if (arrivalMs === null || deadlineMs === null || endMs === null) return [];
    return [{ request, arrivalMs, deadlineMs, endMs, firstMs: chunks[0]?.startMs ?? endMs }];
  });
  const rows: { lines: RequestLine[]; freeMs: number }[] = [];
  for (const line of lines.sort((a, b) => a.arrivalMs - b.arrivalMs)) {
    let row = rows.find(({ freeMs }) => freeMs <= line.arrivalMs);
    if (row === undefined && rows.length < maxRows) rows.push((row = { lines: [], freeMs: 0 }));
    row ??= rows.reduce((a, b) => (b.freeMs < a.freeMs ? b : a));
    row.lines.push(line);
    row.freeMs = Math.max(line.endMs, line.deadlineMs);
  }
  return rows.map((row) =>
    createSpans(row.lines, ({ arrivalMs, endMs, deadlineMs }) => ({
      startMs: arrivalMs,
      endMs: Math.max(endMs, deadlineMs),
    })),
  );
}
