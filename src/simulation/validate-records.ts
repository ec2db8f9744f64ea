import type { GenerationRequest } from '../model/index.js';
import { slackMs } from '../rounds/validate-tolerance.js';
import type { RequestRecord } from './run-log.js';
import type { Line } from './validate-lines.js';
import type { ReportRun } from './validate-violation.js';

const statuses: ReadonlySet<string> = new Set<RequestRecord['status']>([
  'completed',
  'cancelled',
  'failed',
  'refused',
  'unfinished',
]);

/** The records by request; what is unknown or stands twice is reported. */
export function indexRecords(
  records: readonly RequestRecord[],
  requests: ReadonlyMap<string, GenerationRequest>,
  report: ReportRun,
): ReadonlyMap<string, RequestRecord> {
  const byRequest = new Map<string, RequestRecord>();
  for (const record of records) {
    const { requestId } = record;
    if (!requests.has(requestId)) report('unknown-request', { requestId }, 'has a record, is not in the trace');
    else if (byRequest.has(requestId)) report('duplicate-record', { requestId }, 'has several records');
    else byRequest.set(requestId, record);
  }
  for (const requestId of requests.keys()) {
    if (!byRequest.has(requestId)) report('missing-record', { requestId }, 'has no record');
  }
  return byRequest;
}

/**
 * Whether a record takes a completion back that the log alone would count: the request was cancelled or given up while
 * its last chunk still ran. That happens to a member of a batch, whose chunk goes on for the others.
 */
export function endedBefore(record: RequestRecord | undefined, completionMs: number): boolean {
  return (
    (record?.status === 'cancelled' || record?.status === 'failed') &&
    record.endMs !== null &&
    record.endMs <= completionMs + slackMs(completionMs)
  );
}

/**
 * Checks the record of one request against the log.
 *
 * @param completionMs - when it was complete by the log; `undefined` if it never was
 */
export function checkRecord(
  { requestId, status, endMs, onTime }: RequestRecord,
  { deadlineMs }: GenerationRequest,
  lines: readonly Line[],
  completionMs: number | undefined,
  report: ReportRun,
): void {
  const tell = (why: string): void => report('wrong-record', { requestId }, `${status} at ${endMs}: ${why}`);
  if (!statuses.has(status)) tell('no such status');
  if (status === 'unfinished' ? endMs !== null : !Number.isFinite(endMs)) tell('no such end');
  if ((status === 'completed') !== (completionMs !== undefined)) {
    tell(completionMs === undefined ? 'incomplete by the log' : `complete at ${completionMs} by the log`);
  } else if (completionMs === undefined) {
    if (onTime) tell('on time, but not completed');
  } else {
    const slack = slackMs(completionMs);
    if (endMs !== null && Math.abs(endMs - completionMs) > slack) tell(`complete at ${completionMs} by the log`);
    // At the deadline to within rounding, both answers are right.
    if (onTime !== completionMs <= deadlineMs && Math.abs(completionMs - deadlineMs) > slack) {
      tell(`${onTime ? 'not ' : ''}on time by the log, due at ${deadlineMs}`);
    }
  }
  if (endMs === null) return;
  for (const { line, chunk } of lines) {
    if (chunk.startMs > endMs + slackMs(endMs)) {
      report('after-end', { line, requestId }, `starts at ${chunk.startMs}, ${status} at ${endMs}`);
    }
  }
}
