import { positive } from '../../model/check.js';
import type { Arrivals } from './arrivals.js';

/**
 * Arrivals in equal distances, the first at 0.
 *
 * @param ratePerMin - requests a minute, above 0
 * @throws `TetriError` `invalid-type`, `out-of-range`
 */
export function constantArrivals(ratePerMin: number): Arrivals {
  positive(ratePerMin, 'ratePerMin');
  return () => {
    let count = 0;
    return () => (count++ * 60_000) / ratePerMin;
  };
}
