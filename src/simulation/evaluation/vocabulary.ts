import { parseShapeId } from '../../model/index.js';
import {
  burstArrivals,
  constantArrivals,
  driftingMix,
  poissonArrivals,
  skewedMix,
  uniformMix,
  weightedMix,
  type Arrivals,
  type Mix,
} from '../workloads/index.js';

/** Processes of arrival by name; each with a mean rate of so many requests a minute. */
export const arrivalsByName: Readonly<Record<string, (ratePerMin: number) => Arrivals>> = {
  poisson: poissonArrivals,
  constant: constantArrivals,
  // Ten seconds of every minute bring half of its requests.
  bursts: (rate) => burstArrivals({ ratePerMin: rate * 0.6, factor: 5, burstMs: 10_000, gapMs: 50_000 }),
};

/** Mixes of shapes by name. */
export const mixesByName: Readonly<Record<string, (shapes: readonly string[]) => Mix>> = {
  uniform: (shapes) => uniformMix(shapes),
  skewed: (shapes) => skewedMix(shapes),
  drifting: (shapes) => driftingMix(skewedMix(shapes, -1), skewedMix(shapes, 1)),
};

/**
 * The mix of a name, or of the id of a shape: that shape alone.
 *
 * @throws `TetriError` `invalid-shape` if it is neither
 */
export function mixOf(name: string, shapes: readonly string[], path = 'mix'): Mix {
  const byName = Object.hasOwn(mixesByName, name) ? mixesByName[name] : undefined;
  if (byName !== undefined) return byName(shapes);
  parseShapeId(name, path);
  return weightedMix([name], [1]);
}
