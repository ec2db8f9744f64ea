import type { Cluster } from '../../../model/index.js';
import type { GroupName } from '../protocol/messages.js';
import type { Groups } from './groups.js';
import type { Worker } from './worker.js';
import type { WorkerPool } from './worker-pool.js';

/**
 * Makes the groups that plans use most, before the first request waits for it: of each domain those of 2, 4, 8, ... GPUs that follow one another
 * from a multiple of their size. The others are made when a chunk first runs on them, as these are if they could not be made now.
 *
 * @param heads - attention heads of the model, which a degree divides
 * @param onBroken - told of each group if not all of them could be made: its members must not wait for each other any more
 * @returns what came of it, for people
 */
export async function warmAlignedGroups(
  cluster: Cluster,
  pool: WorkerPool,
  groups: Groups,
  heads: number,
  onBroken: (name: GroupName) => void,
): Promise<string> {
  const startMs = performance.now();
  const names = alignedGroups(cluster, heads).map((ranks) => groups.nameOf(ranks));
  try {
    // Every worker makes its groups in the same order: so nobody waits for somebody who waits for him.
    await Promise.all(pool.all().map((worker) => warm(worker, names)));
    return `warmed ${names.length} groups in ${(performance.now() - startMs).toFixed(0)} ms`;
  } catch (error) {
    for (const name of names) {
      groups.drop(name);
      onBroken(name);
    }
    return `groups are not warm: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Smaller ones first; each in ascending order. */
function alignedGroups({ gpus }: Cluster, heads: number): readonly (readonly number[])[] {
  const byDomain = new Map<number, number[]>();
  for (const { id, domain } of gpus) byDomain.set(domain, [...(byDomain.get(domain) ?? []), id]);
  const all: (readonly number[])[] = [];
  const largest = Math.max(0, ...[...byDomain.values()].map(({ length }) => length));
  for (let size = 2; size <= largest; size *= 2) {
    if (heads % size !== 0) continue;
    for (const ids of byDomain.values()) {
      const sorted = [...ids].sort((a, b) => a - b);
      for (let at = 0; at + size <= sorted.length; at += size) all.push(sorted.slice(at, at + size));
    }
  }
  return all;
}

async function warm(worker: Worker, names: readonly GroupName[]): Promise<void> {
  const own = names.filter(({ ranks }) => ranks.includes(worker.rank));
  if (own.length > 0) await worker.call({ type: 'warm', groups: own }).answer;
}
