import type { Mix } from './mix.js';

/**
 * One mix that turns into another: every share moves in a straight line over the workload, by number of requests.
 *
 * @param from - the mix of the first request
 * @param to - the mix of the last request
 */
export function driftingMix(from: Mix, to: Mix): Mix {
  return (progress) => {
    const shares = new Map(from(progress).map(({ shape, share }) => [shape, share * (1 - progress)]));
    for (const { shape, share } of to(progress)) shares.set(shape, (shares.get(shape) ?? 0) + share * progress);
    return Array.from(shares, ([shape, share]) => ({ shape, share }));
  };
}
