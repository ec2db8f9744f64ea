import { whole } from '../model/check.js';
import type { Gpu } from '../model/index.js';
import { bestBlock, domainsOf, positionsOf, scattered, take, type Block, type Domain } from './buddies.js';
import { change, demandFits, demandOf, type Demand } from './fits-domains.js';
import { homesOf, keptPositions, stillFree, type Home } from './keep.js';

/** A group that needs GPUs. */
export interface PlacementGroup {
  /** Names the group in errors. */
  readonly key: string;
  /** GPUs that it needs; a whole number of at least 1, not necessarily a power of two. */
  readonly width: number;
  /** The GPUs of its last steps, to be kept where possible. GPUs that are not listed are ignored. */
  readonly lastGpus: readonly number[];
}

/** A GPU that is listed to be counted, and is given out only if it is free. */
export interface PlacementGpu extends Gpu {
  /** Whether a group may get it now. */
  readonly free: boolean;
}

/** How {@link placeGroups} places. */
export interface PlacementOptions {
  /** Whether groups keep their GPUs where possible. Default `true`. */
  readonly preserve?: boolean;
}

/**
 * Puts groups on concrete GPUs, with the paper's placement preservation. Every group lies within one NVLink domain, and
 * no GPU is in two groups.
 *
 * **Who is placed.** The groups, most important first, as long as all taken so far fit the free GPUs of the domains
 * together (see `fitsDomains`: exact for powers of two, a good heuristic otherwise), and then whoever fits what is left.
 * So if everything fits, everything is placed.
 *
 * **Where.** First those that keep all GPUs, then those that get narrower within theirs, then those that get wider around
 * theirs, each by importance, and only where nobody else loses the place by it. All others from the widest to the
 * narrowest: the free aligned block that breaks the smallest free block, so that large blocks stay whole; of equals the one
 * in the domain with fewest free GPUs, then the one of the lowest GPU id. A group is spread over unaligned GPUs of a domain
 * only if no aligned block is free.
 *
 * @param groups - most important first
 * @param gpus - all GPUs, busy ones too, as blocks are counted from the first GPU of a domain; ids are unique, in any order
 * @returns for each group its GPU ids, ascending; `undefined` if it does not fit
 * @throws TetriError `out-of-range` or `invalid-type` for a width that is not a whole number of at least 1
 *
 * Complexity: O(groups x GPUs) at worst.
 */
export function placeGroups(
  groups: readonly PlacementGroup[],
  gpus: readonly PlacementGpu[],
  options: PlacementOptions = {},
): readonly (readonly number[] | undefined)[] {
  for (const { key, width } of groups) whole(width, `${key}.width`, 1);
  // Tightest domain first, wherever domains are tried in order: it is the one of least use to wide groups.
  const domains = domainsOf([...gpus].sort((a, b) => a.id - b.id)).sort(
    (a, b) => a.free - b.free || (a.ids[0] as number) - (b.ids[0] as number),
  );
  const homes = options.preserve === false ? [] : homesOf(groups, domains);
  const { admitted, demand } = admit(groups, domains);
  const placed = groups.map((): readonly number[] | undefined => undefined);
  const place = (index: number, domain: Domain, positions: readonly number[]): void => {
    take(domain, positions);
    change(demand, positions.length, -1);
    placed[index] = positions.map((position) => domain.ids[position] as number);
  };

  for (const keeping of ['all', 'some', 'more'] as const) {
    for (const index of admitted) {
      const home = homes[index];
      if (home === undefined || placed[index] !== undefined) continue;
      const { width } = groups[index] as PlacementGroup;
      const positions = keptPositions(home, width, keeping);
      if (positions !== undefined && othersFit(domains, demand, home.domain, width))
        place(index, home.domain, positions);
    }
  }
  // Widest first, as `demandFits` counts, so that there is always a domain that leaves room for the others; then those who
  // were not admitted, most important first.
  const widthOf = (index: number): number => (groups[index] as PlacementGroup).width;
  const widestFirst = [...admitted].sort((a, b) => widthOf(b) - widthOf(a) || a - b);
  for (const index of [...widestFirst, ...groups.keys()]) {
    if (placed[index] !== undefined) continue;
    const spot = bestSpot(domains, demand, widthOf(index), homes[index]);
    if (spot !== undefined) place(index, spot.domain, spot.positions);
  }
  return placed;
}

/** The groups that fit together, most important first, and how many groups of each width they are. */
function admit(groups: readonly PlacementGroup[], domains: readonly Domain[]): { admitted: number[]; demand: Demand } {
  const demand = demandOf(groups.map(({ width }) => width));
  const all = groups.map((_, index) => index);
  if (
    demandFits(
      demand,
      domains.map(({ free }) => free),
    )
  )
    return { admitted: all, demand };
  demand.counts.fill(0);
  const admitted = all.filter((index) => {
    const { width } = groups[index] as PlacementGroup;
    change(demand, width, 1);
    const fits = demandFits(
      demand,
      domains.map(({ free }) => free),
    );
    if (!fits) change(demand, width, -1);
    return fits;
  });
  return { admitted, demand };
}

/** Whether all others that are still to be placed fit once a group of this width is in this domain. */
function othersFit(domains: readonly Domain[], demand: Demand, domain: Domain, width: number): boolean {
  change(demand, width, -1);
  const fits = demandFits(
    demand,
    domains.map((each) => (each === domain ? each.free - width : each.free)),
  );
  change(demand, width, 1);
  return fits;
}

/**
 * The place for the widest group that is left: the one that breaks the smallest block, of those that leave room for the
 * others; `undefined` if there is none.
 */
function bestSpot(
  domains: readonly Domain[],
  demand: Demand,
  width: number,
  home: Home | undefined,
): { domain: Domain; positions: readonly number[] } | undefined {
  let best: Domain | undefined;
  let bestHere: Block | undefined;
  for (const domain of domains) {
    if (domain.free < width) continue;
    const block = bestBlock(domain, width);
    if (best !== undefined && bestHere !== undefined && !isBetter(domain, block, best, bestHere)) continue;
    if (!demand.nested && !othersFit(domains, demand, domain, width)) continue;
    best = domain;
    bestHere = block;
  }
  if (best === undefined || bestHere === undefined) return undefined;
  if (bestHere.start >= 0) return { domain: best, positions: positionsOf(bestHere) };
  return { domain: best, positions: scattered(best, width, home?.domain === best ? stillFree(home) : []) };
}

function isBetter(domain: Domain, block: Block, other: Domain, otherBlock: Block): boolean {
  if (block.breaks !== otherBlock.breaks) return block.breaks < otherBlock.breaks;
  if (domain.free !== other.free) return domain.free < other.free;
  return idAt(domain, block) < idAt(other, otherBlock);
}

function idAt(domain: Domain, block: Block): number {
  return domain.ids[Math.max(0, block.start)] as number;
}
