import { compareArrivals } from '../baselines/chunk.js';
import type { PlanningRequest } from '../../rounds/index.js';
import { placeChunk } from './chunk.js';
import { curveOf, toleranceMs } from './curve.js';
import type { Floor } from './floor.js';
import type { Ledger } from './ledger.js';

/**
 * Gives what is left to those who cannot make it, alone or together with the others: oldest first, at the widest degree that is free. Their
 * steps are short, so that they never stand in the way for long: none takes longer than `limitMs`, unless it is at its fastest.
 *
 * @param requests - in any order
 */
export function startOthers(requests: readonly PlanningRequest[], floor: Floor, limitMs: number, ledger: Ledger): void {
  for (const request of [...requests].sort(compareArrivals)) {
    if (!startOne(request, floor, limitMs, ledger)) ledger.wait(request, 'no-capacity');
  }
}

function startOne(request: PlanningRequest, floor: Floor, limitMs: number, ledger: Ledger): boolean {
  const curve = curveOf(request.times);
  const { stepMs, last } = curve;
  for (let k = last; k >= 0; k--) {
    const ms = stepMs[k] as number;
    if (k < last && ms > limitMs + toleranceMs) return false;
    const group = placeChunk(request, curve, k, limitMs, floor);
    if (group === undefined) continue;
    ledger.start(group, 'idle-gpus');
    return true;
  }
  return false;
}
