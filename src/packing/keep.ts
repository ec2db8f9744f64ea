import { bestBlockAround, positionsOf, scattered, type Domain } from './buddies.js';

/** Where a request ran last. */
export interface Home {
  readonly domain: Domain;
  /** Positions of its last GPUs in the domain, ascending. */
  readonly positions: readonly number[];
}

/**
 * The home of each request: those of its last GPUs that are still listed, all of the domain of the lowest one (a group
 * never spans two); `undefined` if none is.
 */
export function homesOf(
  requests: readonly { readonly lastGpus: readonly number[] }[],
  domains: readonly Domain[],
): readonly (Home | undefined)[] {
  if (requests.every(({ lastGpus }) => lastGpus.length === 0)) return [];
  const domainOf = new Map<number, Domain>();
  for (const domain of domains) for (const id of domain.ids) domainOf.set(id, domain);
  return requests.map(({ lastGpus }) => {
    const ids = [...new Set(lastGpus)].filter((id) => domainOf.has(id)).sort((a, b) => a - b);
    const domain = domainOf.get(ids[0] as number);
    if (domain === undefined) return undefined;
    const positions = ids.filter((id) => domainOf.get(id) === domain).map((id) => domain.ids.indexOf(id));
    return { domain, positions };
  });
}

/** The GPUs of a home that are still free, by position. */
export function stillFree({ domain, positions }: Home): readonly number[] {
  return positions.filter((position) => domain.whole[position] !== 0);
}

/** How much of its last GPUs a request can keep. The fewer choices it has, the earlier it is served. */
export type Keeping = 'all' | 'some' | 'more';

/**
 * The positions that a request gets by keeping its GPUs.
 *
 * | keeping | applies if | gives |
 * |---|---|---|
 * | `all` | as many are due as it had, and all are free | exactly those |
 * | `some` | at least as many are free as are due | an aligned block of them, or else any of them |
 * | `more` | fewer are free than are due | the free aligned block with most of them in it |
 *
 * @returns `undefined` if this way of keeping does not apply
 */
export function keptPositions(home: Home, width: number, keeping: Keeping): readonly number[] | undefined {
  const mine = stillFree(home);
  if (keeping === 'all') return mine.length === width && home.positions.length === width ? mine : undefined;
  if (mine.length === 0 || mine.length < width !== (keeping === 'more')) return undefined;
  const block = bestBlockAround(home.domain, width, mine);
  const covered = block === undefined ? 0 : mine.filter((p) => p >= block.start && p < block.start + width).length;
  if (block !== undefined && (keeping === 'more' || covered === width)) return positionsOf(block);
  return keeping === 'some' ? scattered(home.domain, width, mine) : undefined;
}
