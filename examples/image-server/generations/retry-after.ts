import type { Scheduler, SubmittedRequest } from '@tetri/scheduler/scheduler';

/** How long a quote counts, in ms: under overload there may be hundreds of refusals in that time, and a quote costs milliseconds. */
const quoteMs = 1000;
/** What is said where the queue is longer than a quote can look. */
const maxS = 60;

/**
 * Makes what tells after how many seconds another try may do: when what is ahead has shrunk by as much as the request would be late now, or, if
 * it was refused since there are too many, when what is ahead is done.
 *
 * @param fastestMs - the shortest latency of a shape, in ms
 */
export function createRetryAfter(
  fastestMs: (shape: string) => number,
): (scheduler: Pick<Scheduler, 'nowMs' | 'quote'>, request: SubmittedRequest, code?: string) => number {
  let quotedMs = -Infinity;
  /** How much longer a request takes than it would alone. */
  let queueMs = 0;
  return (scheduler, request, code = 'deadline_infeasible') => {
    const nowMs = scheduler.nowMs();
    const soonestMs = nowMs + fastestMs(request.shape);
    if (Math.abs(nowMs - quotedMs) > quoteMs) {
      const { earliestFinishMs } = scheduler.quote(request);
      quotedMs = nowMs;
      queueMs = (earliestFinishMs ?? Infinity) - soonestMs;
    }
    const waitMs = code === 'deadline_infeasible' ? soonestMs + queueMs - request.deadlineMs : queueMs;
    return Math.min(maxS, Math.max(1, Math.ceil(waitMs / 1000)));
  };
}
