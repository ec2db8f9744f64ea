import type { GenerationRequest } from '../model/index.js';
import type { RequestRecord, RunLog } from '../simulation/index.js';
import type { ReportOptions } from './report-options.js';

/** A request and how it fared. */
export interface Fate {
  readonly request: GenerationRequest;
  /** When it was complete, in ms; `null` if it never was. */
  readonly completedMs: number | null;
  /** How it ended; absent if the report was made without records. */
  readonly record?: RequestRecord;
}

/** How each request of the trace fared, by id, in order of the trace. */
export function readFates(
  log: RunLog,
  { trace, records }: Pick<ReportOptions, 'trace' | 'records'>,
): ReadonlyMap<string, Fate> {
  if (records === undefined) {
    const lastEndMs = readLastEnds(log);
    return new Map(
      trace.requests.map((request) => [request.id, { request, completedMs: lastEndMs.get(request.id) ?? null }]),
    );
  }
  const recordOf = new Map(records.map((record) => [record.requestId, record]));
  return new Map(
    trace.requests.map((request) => {
      const record = recordOf.get(request.id);
      const completedMs = record?.status === 'completed' ? record.endMs : null;
      return [request.id, { request, completedMs, ...(record && { record }) }];
    }),
  );
}

function readLastEnds(log: RunLog): ReadonlyMap<string, number> {
  const lastEndMs = new Map<string, number>();
  for (const { requestIds, endMs } of log) {
    for (const id of requestIds) lastEndMs.set(id, Math.max(endMs, lastEndMs.get(id) ?? endMs));
  }
  return lastEndMs;
}

/** Complete no later than its deadline. */
export function isOnTime({ request, completedMs }: Fate): boolean {
  return completedMs !== null && completedMs <= request.deadlineMs;
}

/** How long after its deadline a request was complete, in ms to the microsecond; negative if before, `null` if never. */
export function lateMs({ request, completedMs }: Fate): number | null {
  return completedMs === null ? null : toMicrosecond(completedMs - request.deadlineMs);
}

/** A time in ms, to the microsecond. */
export function toMicrosecond(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
