import { solveKnapsack, type KnapsackOption } from '../../packing/index.js';
import { isDefinitelyLate, type PlanningRequest } from '../../rounds/index.js';
import { roundOptions, type Round, type RoundOption } from './allocate.js';

/** A waiting request with the way it spends the round. */
export interface Candidate {
  readonly request: PlanningRequest;
  /** Definitely late: left out of the packing. */
  readonly late: boolean;
  /** Its ways to spend the round, not to run last; none for a request that is late. */
  readonly options: readonly RoundOption[];
  /** The one that the packing chose; `undefined` for a request that is late. */
  readonly choice: RoundOption | undefined;
}

/**
 * Joint packing (paper section 4.2, Algorithm 1): one option for each request so that the most requests survive the round,
 * weighted. Of equal packings, the one that costs least GPU time over the whole rest of all requests, so that a request is
 * not put off when that makes it dearer; then the one that runs the earlier requests.
 *
 * @param waiting - in total order
 * @param round - the round
 * @param gpuCount - GPUs that can be used in it
 * @param queueingMs - delay that allocations reckon with
 */
export function pack(
  waiting: readonly PlanningRequest[],
  round: Round,
  gpuCount: number,
  queueingMs: number,
): readonly Candidate[] {
  // GPU time in whole millionths of a round: sums of whole numbers are exact, so equal costs compare equal.
  const quantumMs = round.lengthMs / 2 ** 20;
  const optionsOf = waiting.map((request) =>
    isDefinitelyLate(request, round.startMs) ? [] : roundOptions(request, round, queueingMs),
  );
  const groups: KnapsackOption[][] = [];
  waiting.forEach((request, index) => {
    const options = optionsOf[index] as readonly RoundOption[];
    if (options.length === 0) return;
    groups.push(
      options.map((option) => ({
        width: option.degree,
        value: option.survives ? request.weight : 0,
        cost: Math.round(option.gpuTimeMs / quantumMs),
      })),
    );
  });
  const { choices } = solveKnapsack(groups, gpuCount);
  let group = 0;
  return waiting.map((request, index) => {
    const options = optionsOf[index] as readonly RoundOption[];
    const late = options.length === 0;
    return { request, late, options, choice: late ? undefined : options[choices[group++] as number] };
  });
}
