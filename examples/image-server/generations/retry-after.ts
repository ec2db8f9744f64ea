import type { Scheduler, SubmittedRequest } from '@tetri/scheduler/scheduler';

/** How long a quote counts, in ms: under overload there may be hundreds of refusals in that time, and a quote costs milliseconds. */
const quoteMs = 1000;
/** What is said where the queue is longer than a quote can look. */
const maxS = 60;

/**
 * Makes what tells after how many seconds a request that was refused could expect to meet its deadline: when what is ahead of it has shrunk
 * by as much as it would be late now.
 *
 * @param fastestMs - the shortest latency of a shape, in ms
 */
export function createRetryAfter(
  fastestMs: (shape: string) => number,
): (scheduler: Pick<Scheduler, 'nowMs' | 'quote'>, request: SubmittedRequest) => number {
  let quotedMs = -Infinity;
  /** How much longer a request takes than it would alone. */
  let queueMs = 0;
  return (scheduler, request) => {
    const nowMs = scheduler.nowMs();
    const soonestMs = nowMs + fastestMs(request.shape);
    if (Math.abs(nowMs - quotedMs) > quoteMs) {
      const { earliestFinishMs } = scheduler.quote(request);
      quotedMs = nowMs;
      queueMs = (earliestFinishMs ?? Infinity) - soonestMs;
    }
    const lateMs = soonestMs + queueMs - request.deadlineMs;
    return Math.min(maxS, Math.max(1, Math.ceil(lateMs / 1000)));
  };
}
