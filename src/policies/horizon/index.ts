import { composePlan, type PlanningInput, type PlanningRequest } from '../../rounds/index.js';
import type { Policy } from '../policy.js';
import { joinBatches } from './batch.js';
import { startOthers } from './best-effort.js';
import { createFloor } from './floor.js';
import { createForecast } from './forecast.js';
import { sortRequests } from './jobs.js';
import { keepAll, keepThoseThatMakeIt } from './keep.js';
import { parseOptions, type HorizonOptions } from './options.js';
import { createPool } from './pool.js';
import { createLedger } from './ledger.js';
import { startKept } from './start.js';

export { horizonOptionNames, type HorizonOptions } from './options.js';

/**
 * The policy that goes past the paper: at every event it rolls the whole visible future forward, finds out who can meet their deadlines
 * *together*, and acts on the first moment of that future only. `docs/horizon.md` has the idea, and what was measured.
 *
 * The paper's policy asks of each request alone whether it can still make it. Under contention that keeps several large requests alive
 * until none of them can finish.
 *
 * @param options - budget of work, and what is on
 * @throws `TetriError` `out-of-range` or `invalid-type` for bad options
 *
 * Complexity of a plan of R requests: O(maxForecasts x R²) at worst, and O(R x GPUs) for the placement.
 */
export function horizon(options: HorizonOptions = {}): Policy {
  const { maxForecasts, marginSteps, chunkMs, jointly, holding, scaleUp, batching } = parseOptions(options);
  return {
    name: 'horizon',
    replanOn: 'event',
    plan(input) {
      const { nowMs, gpus } = input;
      const { jobs, late } = sortRequests(input);
      const forecast = createForecast(jobs, createPool(gpus, nowMs), { marginSteps, scaleUp });
      if (jointly) keepThoseThatMakeIt(jobs, forecast, maxForecasts);
      else keepAll(forecast);

      const shortMs = longestFastestStepMs(input);
      const ledger = createLedger(nowMs);
      const floor = createFloor(gpus, nowMs, holding);
      startKept(jobs, forecast, { floor, ledger, marginSteps, chunkMs: chunkMs ?? shortMs });
      const givenUp = jobs.filter(({ request }, i) => forecast.kept[i] === 0 && request.running === undefined);
      const others = [...givenUp.map(({ request }) => request), ...late];
      startOthers(others, floor, shortMs, ledger);
      if (batching) {
        const isPutOff = ({ id }: PlanningRequest): boolean =>
          !ledger.groups.some(({ members }) => members[0]?.id === id);
        const kept = jobs.filter(({ request }, i) => forecast.kept[i] === 1 && request.running === undefined);
        joinBatches([...kept.map(({ request }) => request), ...others].filter(isPutOff), nowMs, floor, ledger);
      }
      return composePlan(input, null, ledger.assignments(), ledger.outcomes);
    },
  };
}

/** What counts as a short step: that of the largest request that is there, at its fastest. */
function longestFastestStepMs({ waiting, running }: PlanningInput): number {
  let longestMs = 0;
  for (const requests of [waiting, running])
    for (const { times } of requests) longestMs = Math.max(longestMs, times.minStepMs);
  return longestMs;
}
