import type { SubmittedRequest } from '@tetri/scheduler/scheduler';

/** Answers for the scheduler where it is known what it would say. */
export interface OverloadGate {
  /**
   * Why a request would be refused, if it would: one was, a moment ago, that was no harder to serve.
   *
   * @param slackMs - the time to its deadline beyond its fastest latency
   */
  refusal(request: SubmittedRequest, slackMs: number): string | undefined;
  /**
   * A request was refused.
   *
   * @param tookMs - what it took to find that out
   */
  refused(code: string, request: SubmittedRequest, slackMs: number, tookMs: number): void;
}

/**
 * Whether a request can still be on time is a question that costs milliseconds, in which nothing else is decided. So that a flood of
 * requests does not take all the time there is, such questions get a fifth of it: after a refusal that took a millisecond to find out,
 * requests that have no more slack and no more weight are refused unasked for four.
 */
export function createOverloadGate(nowMs: () => number = () => performance.now()): OverloadGate {
  let last = { code: '', weight: 0, slackMs: 0, untilMs: -Infinity };
  return {
    refusal: ({ weight = 1 }, slackMs) =>
      nowMs() < last.untilMs && slackMs <= last.slackMs && weight <= last.weight ? last.code : undefined,
    refused(code, { weight = 1 }, slackMs, tookMs) {
      last = { code, weight, slackMs, untilMs: nowMs() + 4 * tookMs };
    },
  };
}
