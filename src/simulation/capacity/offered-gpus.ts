import { max, min, sum } from 'd3-array';
import type { Profile } from '../../profile/index.js';
import type { Trace } from '../trace.js';

/**
 * How many GPUs a trace would keep busy, from its first arrival to its last deadline, if every step ran at its cheapest degree and
 * every request ran: over the GPUs that there are it is the load, as `rateForLoad()` has it. Far fewer GPUs cannot keep up, whatever the
 * policy; how many more are needed depends on deadlines and bursts, which is what simulation is for.
 *
 * @returns a number of at least 0, not whole; 0 for a trace that asks for nothing
 * @throws `TetriError` `unknown-shape` if the profile does not cover a shape
 *
 * @experimental
 */
export function offeredGpus({ requests }: Trace, profile: Profile): number {
  const gpuTimeMs = sum(requests, ({ shape, steps, startStep = 0 }) => {
    const { encodeMs, stepGpuMs, cheapest, decodeMs } = profile.shape(shape);
    return encodeMs + (steps - startStep) * stepGpuMs[cheapest]! + decodeMs;
  });
  const spanMs =
    (max(requests, ({ deadlineMs }) => deadlineMs) ?? 0) - (min(requests, ({ arrivalMs }) => arrivalMs) ?? 0);
  // All due the moment they arrive: none of them can be served, by whatever number of GPUs.
  return spanMs > 0 ? gpuTimeMs / spanMs : 0;
}
