import type { RoundPlan } from '../model/index.js';
import { parseRoundInput, type RoundInput } from '../rounds/index.js';
import type { Policy } from './policy.js';
import { horizon } from './horizon/index.js';

const defaultPolicy = horizon();

/**
 * Plans who runs where from now on: a function of its argument alone, for orchestrators that execute plans themselves.
 *
 * @param input - the time, the requests with their progress, the GPUs and the profile
 * @param policy - default `horizon()`
 * @returns assignments and one outcome for each request; execute the assignments, and plan again at `endMs` (or, where that is
 * `null`, at the next event)
 * @throws `TetriError` for bad input, with the path to the field; never for overload
 */
export function planRound(input: RoundInput, policy: Policy = defaultPolicy): RoundPlan {
  return policy.plan(parseRoundInput(input));
}
