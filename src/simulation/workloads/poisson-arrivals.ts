import { randomExponential } from 'd3-random';
import { positive } from '../../model/check.js';
import type { Arrivals } from './arrivals.js';

/**
 * A Poisson process: independent gaps, exponentially distributed, the first before the first request. What the paper uses
 * (12 a minute, swept from 6 to 18). Of one seed, twice the rate gives the same arrivals in half the time.
 *
 * @param ratePerMin - requests a minute in the mean, above 0
 * @throws `TetriError` `invalid-type`, `out-of-range`
 */
export function poissonArrivals(ratePerMin: number): Arrivals {
  positive(ratePerMin, 'ratePerMin');
  return (random) => {
    const gapMs = randomExponential.source(random('arrivals'))(ratePerMin / 60_000);
    let nowMs = 0;
    return () => (nowMs += gapMs());
  };
}
