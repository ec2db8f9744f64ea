import { TetriError, type Cluster, type GenerationRequest } from '../model/index.js';
import type { Profile, ShapeTimes } from '../profile/index.js';
import { parseChunk } from './run-log-format.js';
import type { RequestRecord, RunLog } from './run-log.js';
import { checkChunk } from './validate-chunk.js';
import { groupByUse, type Line } from './validate-lines.js';
import { findOverlaps } from './validate-overlaps.js';
import { followRequest } from './validate-progress.js';
import { checkRecord, endedBefore, indexRecords } from './validate-records.js';
import type { ReportRun, RunViolation } from './validate-violation.js';

export type { RunViolation, RunViolationCode } from './validate-violation.js';

/** What {@link validateRun} may know beside the log. */
export interface ValidateRunOptions {
  /** The GPUs: then chunks use these only, and each chunk those of one domain. Default: any GPU will do. */
  readonly cluster?: Cluster;
  /**
   * How each request is said to have ended: then every request has one record, records and log agree, and only a request
   * that is `cancelled`, `failed`, `refused` or `unfinished` may be incomplete. Default: every request has to be complete.
   */
  readonly records?: readonly RequestRecord[];
  /**
   * The coefficient of variation of the step time that was simulated, at least 0; `profile` for that of each shape. With
   * it a chunk may be faster than the profile by four standard deviations: `n` steps take at least
   * `n - 4 cv sqrt(n)` times the step time. Encoding and decoding have no noise. Default 0.
   */
  readonly stepNoise?: number | 'profile';
}

/** What {@link validateRun} found. */
export interface RunVerdict {
  /** Every rule that was broken; empty for a valid run. The other fields mean little unless it is. */
  readonly violations: readonly RunViolation[];
  /** Requests that were complete no later than their deadline. */
  readonly onTime: number;
  /** `onTime` over the requests of the trace, from 0 to 1; 1 for a trace of no requests, which breaks no promise. */
  readonly sloAttainment: number;
  /**
   * When each complete request was complete, in ms: the end of its last chunk, decoding included. In order of the trace;
   * a request whose record says that it was cancelled or given up before then is left out.
   */
  readonly completions: ReadonlyMap<string, number>;
}

/**
 * Checks a run, simulated or real, against the trace that was served and the profile that it is said to follow, and
 * recomputes from the log alone which requests were on time. It shares no code with what produces runs.
 *
 * Chunks may take longer than the profile says, never less. Times are compared with an absolute tolerance of 1e-6 ms, a
 * relative one of 1e-9 of the span in question, and the resolution of the time stamps; deadlines are exact. Not checked:
 * that encoding is repeated after a loss, and that a GPU that was lost stays unused.
 *
 * O(n log n) in the chunks.
 *
 * @param log - in any order, but for chunks of no length at one instant, which count in the order of the log; chunks that
 * are malformed are reported and left out
 * @param trace - the requests, with unique ids; trusted
 * @param profile - trusted
 */
export function validateRun(
  log: RunLog,
  trace: { readonly requests: readonly GenerationRequest[] },
  profile: Profile,
  options: ValidateRunOptions = {},
): RunVerdict {
  const violations: RunViolation[] = [];
  const report: ReportRun = (code, { line = null, requestId = null }, message) => {
    violations.push({ code, message, line, requestId });
  };
  const { cluster, stepNoise = 0 } = options;
  const requests = new Map(trace.requests.map((request) => [request.id, request]));
  const timesOf = rememberTimes(profile);
  const lines = readLines(log, report);

  const context = {
    requests,
    timesOf,
    domains: cluster && new Map(cluster.gpus.map(({ id, domain }) => [id, domain])),
    cvOf: (times: ShapeTimes) => (stepNoise === 'profile' ? (times.stepCv ?? 0) : stepNoise),
  };
  for (const line of lines) checkChunk(line, context, report);
  for (const [gpu, group] of groupByUse(lines, (chunk) => chunk.gpus)) {
    findOverlaps(group, ({ line }, earlier) => {
      report('gpu-overlap', { line }, `GPU ${gpu} is in use by line ${earlier.line} until ${earlier.chunk.endMs}`);
    });
  }

  const records = options.records && indexRecords(options.records, requests, report);
  const byRequest = groupByUse(lines, (chunk) => chunk.requestIds);
  const completions = new Map<string, number>();
  let onTime = 0;
  for (const [requestId, request] of requests) {
    const own = byRequest.get(requestId) ?? [];
    findOverlaps(own, ({ line }, earlier) => {
      report('request-overlap', { line, requestId }, `in line ${earlier.line} until ${earlier.chunk.endMs}`);
    });
    const times = timesOf(request.shape);
    if (times === undefined && own[0] !== undefined) {
      report('unknown-shape', { line: own[0].line, requestId }, `the profile does not cover ${request.shape}`);
    }
    const { stepsDone, decoded, endMs } = followRequest(request, own, times, report);
    const record = records?.get(requestId);
    const complete = stepsDone >= request.steps && decoded && !endedBefore(record, endMs);
    if (complete) {
      completions.set(requestId, endMs);
      if (endMs <= request.deadlineMs) onTime++;
    }
    if (record !== undefined) checkRecord(record, request, own, complete ? endMs : undefined, report);
    else if (stepsDone < request.steps) report('incomplete', { requestId }, `${stepsDone} of ${request.steps} steps`);
    else if (!decoded) report('not-decoded', { requestId }, 'all steps are done, decoding is not');
  }
  return { violations, onTime, sloAttainment: requests.size === 0 ? 1 : onTime / requests.size, completions };
}

function readLines(log: RunLog, report: ReportRun): readonly Line[] {
  const lines: Line[] = [];
  log.forEach((entry, index) => {
    const line = index + 1;
    try {
      lines.push({ line, chunk: parseChunk(entry) });
    } catch (error) {
      if (!TetriError.isInstance(error)) throw error;
      report('malformed', { line }, error.message);
    }
  });
  return lines;
}

/** Looks every shape up once: interpolation takes time, and so does an error. */
function rememberTimes(profile: Profile): (shape: string) => ShapeTimes | undefined {
  const known = new Map<string, ShapeTimes | undefined>();
  return (shape) => {
    if (!known.has(shape)) {
      try {
        known.set(shape, profile.shape(shape));
      } catch (error) {
        if (!TetriError.isInstance(error)) throw error;
        known.set(shape, undefined);
      }
    }
    return known.get(shape);
  };
}
