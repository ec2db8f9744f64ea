import type { ShapeTimes } from '../profile/index.js';

/** So many steps at one sequence-parallel degree. */
export interface Allocation {
  readonly degree: number;
  /** At least 1. */
  readonly steps: number;
}

/** Which steps run at which degree, and what that costs. */
export interface DegreePlan {
  /** One or two allocations, by ascending degree. Their order in time is free: neither cost nor duration depends on it. */
  readonly allocations: readonly Allocation[];
  /** Sum of steps x degree x step time, in GPU ms. */
  readonly gpuTimeMs: number;
  /** Sum of steps x step time, in ms; never above the budget. */
  readonly durationMs: number;
}

/**
 * The plan of least GPU time that fits a time budget, over every mix of at most two degrees with every whole split of the
 * steps between them (paper section 4.1: in practice two degrees just meet a deadline). Of plans of equal GPU time the
 * shorter one, then the one of smaller degrees.
 *
 * For one pair of degrees both cost and duration are linear in the split, so the best split is an end of the feasible
 * interval, in closed form. Exact also where step time or GPU time is not monotone in the degree.
 *
 * @param times - what the shape costs
 * @param steps - steps to run, at least 1
 * @param budgetMs - time for them, in ms; encoding and decoding already taken off
 * @returns `undefined` if even the fastest degree needs longer than the budget
 *
 * Complexity: O(degrees²), independent of `steps`.
 */
export function leastGpuTimePlan(times: ShapeTimes, steps: number, budgetMs: number): DegreePlan | undefined {
  const { degrees, stepMs, stepGpuMs } = times;
  if (steps * times.minStepMs > budgetMs) return undefined;
  let bestLow = -1;
  let bestHigh = -1;
  let bestSplit = 0;
  let bestGpuMs = Infinity;
  let bestMs = Infinity;
  for (let low = 0; low < degrees.length; low++) {
    const lowMs = stepMs[low] as number;
    const lowGpuMs = stepGpuMs[low] as number;
    for (let high = low; high < degrees.length; high++) {
      const highMs = stepMs[high] as number;
      const highGpuMs = stepGpuMs[high] as number;
      const split = high === low ? steps : bestSplitOf(steps, budgetMs, lowMs, highMs, lowGpuMs, highGpuMs);
      if (split < 0) continue;
      const ms = split * lowMs + (steps - split) * highMs;
      if (ms > budgetMs) continue;
      const gpuMs = split * lowGpuMs + (steps - split) * highGpuMs;
      if (gpuMs < bestGpuMs || (gpuMs === bestGpuMs && ms < bestMs)) {
        bestLow = low;
        bestHigh = high;
        bestSplit = split;
        bestGpuMs = gpuMs;
        bestMs = ms;
      }
    }
  }
  const allocations: Allocation[] = [];
  if (bestSplit > 0) allocations.push({ degree: degrees[bestLow] as number, steps: bestSplit });
  if (bestSplit < steps) allocations.push({ degree: degrees[bestHigh] as number, steps: steps - bestSplit });
  return { allocations, gpuTimeMs: bestGpuMs, durationMs: bestMs };
}

/**
 * The GPU time of {@link leastGpuTimePlan} alone, in GPU ms; `Infinity` if nothing fits. 0 for 0 steps.
 */
export function leastGpuTimeMs(times: ShapeTimes, steps: number, budgetMs: number): number {
  if (steps === 0) return 0;
  // The usual case, and the hot one: the cheapest degree is fast enough.
  if (steps * (times.stepMs[times.cheapest] as number) <= budgetMs) {
    return steps * (times.stepGpuMs[times.cheapest] as number);
  }
  return leastGpuTimePlan(times, steps, budgetMs)?.gpuTimeMs ?? Infinity;
}

/** Steps at the first of two degrees that cost least within the budget; -1 if no split fits. */
function bestSplitOf(
  steps: number,
  budgetMs: number,
  lowMs: number,
  highMs: number,
  lowGpuMs: number,
  highGpuMs: number,
): number {
  const fits = (split: number): boolean => split * lowMs + (steps - split) * highMs <= budgetMs;
  const difference = lowMs - highMs;
  let least = 0;
  let most = steps;
  if (difference === 0) {
    if (!fits(0)) return -1;
  } else {
    // The quotient may be off by rounding; the test that the caller makes decides.
    const bound = (budgetMs - steps * highMs) / difference;
    if (difference > 0) {
      most = Math.min(steps, Math.floor(bound));
      if (most < steps && fits(most + 1)) most++;
      while (most >= 0 && !fits(most)) most--;
    } else {
      least = Math.max(0, Math.ceil(bound));
      if (least > 0 && fits(least - 1)) least--;
      while (least <= steps && !fits(least)) least++;
    }
    if (most < least) return -1;
  }
  if (lowGpuMs !== highGpuMs) return lowGpuMs < highGpuMs ? most : least;
  return lowMs < highMs ? most : least;
}
