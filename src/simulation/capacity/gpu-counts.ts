import { whole } from '../../model/check.js';

/**
 * The GPU counts that somebody would buy or rent: powers of two below one NVLink domain, since groups of other widths leave GPUs
 * over, and from there on whole domains. Of domains of 8, that is 1, 2, 4, 8, 16, 24, 32 and so on.
 *
 * @param maxGpus - no count is above it; a whole number of at least 1
 * @param domainSize - GPUs of an NVLink domain, a whole number of at least 1
 * @returns at least one count, ascending
 * @throws `TetriError` `invalid-type`, `out-of-range`
 *
 * @experimental
 */
export function gpuCountsUpTo(maxGpus: number, domainSize: number): readonly number[] {
  whole(maxGpus, 'maxGpus', 1);
  whole(domainSize, 'domainSize', 1);
  const counts: number[] = [];
  for (let gpus = 1; gpus < domainSize && gpus <= maxGpus; gpus *= 2) counts.push(gpus);
  for (let gpus = domainSize; gpus <= maxGpus; gpus += domainSize) counts.push(gpus);
  return counts;
}
