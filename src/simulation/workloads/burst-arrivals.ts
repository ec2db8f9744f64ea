import { randomExponential } from 'd3-random';
import { flag, positive, whole } from '../../model/check.js';
import type { Arrivals } from './arrivals.js';

/** The shape of the bursts. */
export interface BurstOptions {
  /** Requests a minute between bursts, in the mean; above 0. */
  readonly ratePerMin: number;
  /** How many times as many arrive a minute during a burst; above 0. */
  readonly factor: number;
  /** How long a burst lasts, in whole ms, at least 1. */
  readonly burstMs: number;
  /** From the end of a burst to the start of the next, and before the first, in whole ms, at least 1. */
  readonly gapMs: number;
  /**
   * `true`: the lengths of bursts and gaps are exponentially distributed with these means, which makes it a
   * Markov-modulated Poisson process. Default `false`: every burst and every gap has just that length.
   */
  readonly randomWindows?: boolean;
}

/**
 * A Poisson process whose rate jumps up in bursts. The mean rate over a long time is
 * `ratePerMin * (gapMs + factor * burstMs) / (gapMs + burstMs)`. When the bursts come does not depend on the rates.
 *
 * O(requests + windows that pass).
 *
 * @throws `TetriError` `invalid-type`, `out-of-range`
 */
export function burstArrivals(options: BurstOptions): Arrivals {
  const baseRate = positive(options.ratePerMin, 'ratePerMin') / 60_000;
  const burstRate = baseRate * positive(options.factor, 'factor');
  const burstMs = whole(options.burstMs, 'burstMs', 1);
  const gapMs = whole(options.gapMs, 'gapMs', 1);
  const randomWindows = flag(options.randomWindows ?? false, 'randomWindows');
  return (random) => {
    const exponential = randomExponential.source(random('arrivals'))(1);
    const stretch = randomWindows ? randomExponential.source(random('bursts'))(1) : () => 1;
    let nowMs = 0;
    let bursting = false;
    let windowEndMs = gapMs * stretch();
    return () => {
      // Time runs faster where the rate is higher: the next request is due when this many were expected since the last.
      let expected = exponential();
      for (;;) {
        const rate = bursting ? burstRate : baseRate;
        const dueMs = nowMs + expected / rate;
        if (dueMs < windowEndMs) return (nowMs = dueMs);
        expected -= (windowEndMs - nowMs) * rate;
        nowMs = windowEndMs;
        bursting = !bursting;
        windowEndMs += (bursting ? burstMs : gapMs) * stretch();
      }
    };
  };
}
