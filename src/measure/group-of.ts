import type { Cluster } from '../model/index.js';

/**
 * GPUs that can run a chunk of a degree: the first ones of the first domain that has so many.
 *
 * @param degree - at least 1
 * @returns `undefined` if no domain has so many
 */
export function groupOf({ gpus }: Cluster, degree: number): readonly [number, ...number[]] | undefined {
  const domains = new Map<number, number[]>();
  for (const { id, domain } of gpus) domains.set(domain, [...(domains.get(domain) ?? []), id]);
  const [first, ...others] = [...domains.values()].find((ids) => ids.length >= degree)?.slice(0, degree) ?? [];
  return first === undefined ? undefined : [first, ...others];
}
