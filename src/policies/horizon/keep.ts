import type { Forecast } from './forecast.js';
import type { Job } from './jobs.js';

/**
 * Finds requests that meet their deadlines *together*, as many as it can, and leaves the forecast rolled for them. Where somebody
 * ends late, the one goes that costs most GPU time, for its weight, among those with a deadline no later: Moore and Hodgson's rule for the
 * fewest late jobs on one machine, carried over to jobs that run on many GPUs or few.
 *
 * @param jobs - earliest deadline first
 * @param maxForecasts - after so many, further requests are given up on the way, without going back to the start
 *
 * Complexity: a forecast for each request that is given up, `maxForecasts + 1` at most.
 */
export function keepThoseThatMakeIt(jobs: readonly Job[], forecast: Forecast, maxForecasts: number): void {
  const { kept } = forecast;
  for (let rolled = 1; rolled < maxForecasts; rolled++) {
    const late = forecast.roll();
    if (late < 0) return;
    kept[costliest(jobs, kept, late)] = 0;
  }
  const before = kept.reduce((sum, flag) => sum + flag, 0);
  forecast.roll((late, isDone) => {
    kept[costliest(jobs, kept, late, isDone)] = 0;
  });
  if (kept.reduce((sum, flag) => sum + flag, 0) < before) forecast.roll();
}

/** Keeps everyone, as if each were alone, and leaves the forecast rolled: who is late in it takes no further part in it. */
export function keepAll(forecast: Forecast): void {
  forecast.roll((late) => {
    forecast.kept[late] = 0;
  });
  forecast.kept.fill(1);
}

/** Of the kept jobs up to an index, the one that costs most; of equal ones the latest. */
function costliest(jobs: readonly Job[], kept: Uint8Array, last: number, isDone?: Uint8Array): number {
  let worst = last;
  for (let i = last - 1; i >= 0; i--) {
    if (kept[i] === 0 || isDone?.[i] === 1) continue;
    if ((jobs[i] as Job).cost > (jobs[worst] as Job).cost) worst = i;
  }
  return worst;
}
