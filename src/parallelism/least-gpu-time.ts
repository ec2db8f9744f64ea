import type { ShapeTimes } from '../profile/index.js';

/** So many steps at one sequence-parallel degree. */
export interface Allocation {
  /** GPUs that a step runs on, at least 1. */
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
 * Complexity: O(degrees²), independent of `steps`, but for degrees whose step times are equal to nine digits: O(steps) for those.
 */
export function leastGpuTimePlan(times: ShapeTimes, steps: number, budgetMs: number): DegreePlan | undefined {
  const { degrees, stepMs, stepGpuMs, cheapest } = times;
  const cheapestMs = steps * (stepMs[cheapest] as number);
  if (cheapestMs <= budgetMs) {
    // The usual case: nothing costs less, and of what costs the same nothing is shorter.
    const allocations = [{ degree: degrees[cheapest] as number, steps }];
    return { allocations, gpuTimeMs: steps * (stepGpuMs[cheapest] as number), durationMs: cheapestMs };
  }
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
      const ms = split * lowMs + (steps - split) * highMs;
      if (split < 0 || ms > budgetMs) continue;
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

/** The GPU time of {@link leastGpuTimePlan} alone, in GPU ms; `Infinity` if nothing fits. 0 for 0 steps. */
export function leastGpuTimeMs(times: ShapeTimes, steps: number, budgetMs: number): number {
  return steps === 0 ? 0 : (leastGpuTimePlan(times, steps, budgetMs)?.gpuTimeMs ?? Infinity);
}

/**
 * Steps at the first of two degrees that cost least within the budget; -1 if no split fits.
 *
 * The quotient that bounds the split may be off by rounding, by one step at most; the comparison that decides is that of the
 * durations themselves.
 */
function bestSplitOf(
  steps: number,
  budgetMs: number,
  lowMs: number,
  highMs: number,
  lowGpuMs: number,
  highGpuMs: number,
): number {
  const wantsMost = lowGpuMs !== highGpuMs ? lowGpuMs < highGpuMs : lowMs < highMs;
  if (Math.abs(lowMs - highMs) <= 1e-9 * highMs) {
    // The quotient would be that of two rounding errors: only trying tells.
    for (let tried = 0; tried <= steps; tried++) {
      const split = wantsMost ? steps - tried : tried;
      if (split * lowMs + (steps - split) * highMs <= budgetMs) return split;
    }
    return -1;
  }
  let least = 0;
  let most = steps;
  if (lowMs > highMs) {
    if (steps * highMs > budgetMs) return -1;
    most = Math.min(steps, Math.floor((budgetMs - steps * highMs) / (lowMs - highMs)) + 1);
    while (most * lowMs + (steps - most) * highMs > budgetMs) most--;
  } else {
    if (steps * lowMs > budgetMs) return -1;
    least = Math.max(0, Math.ceil((budgetMs - steps * highMs) / (lowMs - highMs)) - 1);
    while (least * lowMs + (steps - least) * highMs > budgetMs) least++;
  }
  return wantsMost ? most : least;
}
