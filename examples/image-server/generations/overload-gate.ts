/** How hard it is to serve an order in time. */
export interface Difficulty {
  /** Pictures. */
  readonly count: number;
  /** The least GPU time that one of its pictures takes, in ms. */
  readonly gpuTimeMs: number;
  /** The time to the deadline beyond the fastest latency, in ms. */
  readonly slackMs: number;
  /** Of its deadline against others. */
  readonly weight: number;
}

/** Answers for the scheduler where it is known what it would say. */
export interface OverloadGate {
  /** The code of a refusal, a moment ago, of an order that was no harder to serve in any respect; `undefined` if there was none. */
  refusal(order: Difficulty): string | undefined;
  /**
   * An order was refused because it would be late. Other reasons say nothing of the next order.
   *
   * @param code - what its client was told
   * @param tookMs - what it took to find that out, in ms
   */
  refused(code: string, order: Difficulty, tookMs: number): void;
}

/** How long one refusal counts, at most: what was slow for another reason than load does not shut anybody out for long. */
const maxMs = 1000;

/**
 * Whether a request can still be on time is a question that costs milliseconds, in which nothing else is decided. So that a flood of
 * requests does not take all the time there is, such questions get about a fifth of it: after a refusal that took a millisecond to find out,
 * orders that are no easier in any respect are refused unasked for four. Where several kinds of orders are refused at the same time, each of
 * them waits for the questions of all.
 */
export function createOverloadGate(nowMs: () => number = () => performance.now()): OverloadGate {
  let known: { code: string; order: Difficulty; tookMs: number; untilMs: number }[] = [];
  return {
    refusal(order) {
      const now = nowMs();
      return known.find((one) => now < one.untilMs && isNoEasier(order, one.order))?.code;
    },
    refused(code, order, tookMs) {
      const now = nowMs();
      // What is no easier than this one adds nothing to it.
      known = known.filter((one) => now < one.untilMs && !isNoEasier(one.order, order));
      const allMs = known.reduce((sum, one) => sum + one.tookMs, tookMs);
      known.push({ code, order, tookMs, untilMs: now + Math.min(maxMs, 4 * allMs) });
    },
  };
}

function isNoEasier(a: Difficulty, b: Difficulty): boolean {
  return a.count >= b.count && a.gpuTimeMs >= b.gpuTimeMs && a.slackMs <= b.slackMs && a.weight <= b.weight;
}
