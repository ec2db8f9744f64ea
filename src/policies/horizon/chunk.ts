import type { PlanningRequest } from '../../rounds/index.js';
import { toleranceMs, type Curve } from './curve.js';
import type { Floor } from './floor.js';
import type { Group } from './ledger.js';

/**
 * Places steps of a request that start now: as many as fit a time, fewer where GPUs are held for others, one at least.
 *
 * @param k - index of the degree in the curve
 * @param limitMs - how long the steps may take where there is more than one
 * @param domain - where to look for GPUs first
 * @returns `undefined` if there are no GPUs even for one step
 */
export function placeChunk(
  request: PlanningRequest,
  { degrees, stepMs }: Curve,
  k: number,
  limitMs: number,
  floor: Floor,
  domain?: number,
): Group | undefined {
  const width = degrees[k] as number;
  const ms = stepMs[k] as number;
  const forMs = Math.min(limitMs, floor.latestEndMs(width) - request.encodeMs);
  const steps = Math.max(1, Math.min(request.remainingSteps, Math.floor((forMs + toleranceMs) / ms)));
  const endMs = request.encodeMs + steps * ms;
  const gpus = floor.take(request, width, endMs, domain);
  return gpus && { members: [request], gpus, steps, endMs };
}
