import { list, nonEmptyList, record, show, whole } from './check.js';
import { TetriError } from './errors.js';

/** One GPU. */
export interface Gpu {
  /** Its number, a whole number of at least 0, unique in the cluster. */
  readonly id: number;
  /** The NVLink domain (or node) that it belongs to. A sequence-parallel group lies within one domain. */
  readonly domain: number;
}

/** The GPUs that a scheduler may use. */
export interface Cluster {
  /** At least one GPU, in ascending order of id. */
  readonly gpus: readonly Gpu[];
}

/**
 * A cluster of equal domains: GPUs 0 to `gpuCount - 1`, cut into runs of `domainSize`.
 *
 * @param gpuCount - at least 1
 * @param domainSize - GPUs a domain, at least 1; default all in one. The last domain may be smaller.
 */
export function createCluster(gpuCount: number, domainSize: number = gpuCount): Cluster {
  whole(gpuCount, 'gpuCount', 1);
  whole(domainSize, 'domainSize', 1);
  return { gpus: Array.from({ length: gpuCount }, (_, id) => ({ id, domain: Math.floor(id / domainSize) })) };
}

/**
 * Checks a cluster and puts its GPUs in ascending order of id.
 *
 * @throws {@link TetriError} `invalid-type`, `out-of-range`, `empty`, `duplicate-gpu`
 */
export function parseCluster(value: unknown, path = ''): Cluster {
  const at = path === '' ? '' : `${path}.`;
  const seen = new Set<number>();
  // `Array.from` sees holes, where `map` would leave them in.
  const gpus = Array.from(nonEmptyList(record(value, path)['gpus'], `${at}gpus`), (entry, index) => {
    const here = `${at}gpus[${index}]`;
    const fields = record(entry, here);
    const id = whole(fields['id'], `${here}.id`, 0);
    if (seen.has(id)) throw new TetriError('duplicate-gpu', `GPU ${id} stands twice`, `${here}.id`, id);
    seen.add(id);
    return { id, domain: fields['domain'] === undefined ? 0 : whole(fields['domain'], `${here}.domain`, 0) };
  });
  return { gpus: gpus.sort((a, b) => a.id - b.id) };
}

/**
 * A list of distinct GPU ids.
 *
 * @throws {@link TetriError} `invalid-type`, `out-of-range`, `duplicate-gpu`
 */
export function parseGpuIds(value: unknown, path: string): readonly number[] {
  const ids = Array.from(list(value, path), (entry, index) => whole(entry, `${path}[${index}]`, 0));
  if (new Set(ids).size !== ids.length) {
    throw new TetriError('duplicate-gpu', `a GPU stands twice in ${show(ids)}`, path, ids);
  }
  return ids;
}
