import { burstArrivals, constantArrivals, poissonArrivals, type Arrivals } from '../../simulation/index.js';

/** What `--arrivals` can name; each with a mean rate of so many requests a minute. */
export const arrivals: Readonly<Record<string, (ratePerMin: number) => Arrivals>> = {
  poisson: poissonArrivals,
  constant: constantArrivals,
  // Ten seconds of every minute bring half of its requests.
  bursts: (rate) => burstArrivals({ ratePerMin: rate * 0.6, factor: 5, burstMs: 10_000, gapMs: 50_000 }),
};
