import type { Gpu } from '../model/index.js';

/**
 * The GPUs of one NVLink domain, seen as a buddy allocator sees memory. GPUs are named by their position in the domain's
 * list; an aligned block of width w covers the positions `i * w` to `(i + 1) * w - 1`. Aligned blocks of powers of two
 * never overlap in part, so that narrow groups do not break the places of wide ones, and the same few process groups come
 * up again and again: the paper keeps only a small set of them warm.
 */
export interface Domain {
  /** GPU ids, ascending. */
  readonly ids: readonly number[];
  /** By position: the size of the largest wholly free buddy block (an aligned power of two) around it; 0 if busy. */
  readonly whole: number[];
  /** GPUs that are free. */
  free: number;
  /** The last answer of {@link bestBlock}, as long as no GPU has been taken since. */
  best: Block | undefined;
}

/** A free aligned block. */
export interface Block {
  /** Its first position; -1 for no block at all. */
  readonly start: number;
  /** Its GPUs. */
  readonly width: number;
  /** The largest free buddy block that it touches, and so breaks unless it is one; `Infinity` for no block at all. */
  readonly breaks: number;
}

/** Splits GPUs, in ascending order of id, into their domains. */
export function domainsOf(gpus: readonly (Gpu & { readonly free: boolean })[]): Domain[] {
  const byDomain = new Map<number, Domain & { ids: number[] }>();
  for (const { id, domain: key, free } of gpus) {
    let domain = byDomain.get(key);
    if (domain === undefined) byDomain.set(key, (domain = { ids: [], whole: [], free: 0, best: undefined }));
    domain.ids.push(id);
    domain.whole.push(free ? 1 : 0);
    if (free) domain.free++;
  }
  const domains = [...byDomain.values()];
  for (const { whole } of domains) merge(whole, 0, whole.length);
  return domains;
}

/** Joins free buddies to larger blocks within `[from, to)`, where every free position stands alone. */
function merge(whole: number[], from: number, to: number): void {
  for (let size = 2; size <= to - from; size *= 2) {
    const half = size / 2;
    for (let start = from; start + size <= to; start += size) {
      if (whole[start] !== half || whole[start + half] !== half) continue;
      for (let p = start; p < start + size; p++) whole[p] = size;
    }
  }
}

/** Marks free positions as busy. */
export function take(domain: Domain, positions: readonly number[]): void {
  const { whole } = domain;
  for (const position of positions) {
    const size = whole[position] as number;
    const start = position - (position % size);
    for (let p = start; p < start + size; p++) whole[p] = 1;
    whole[position] = 0;
    merge(whole, start, start + size);
  }
  domain.free -= positions.length;
  domain.best = undefined;
}

/** The largest free buddy block that `[start, start + width)` touches; 0 if one of its GPUs is busy. */
function largestTouched({ whole }: Domain, start: number, width: number): number {
  let largest = 0;
  for (let p = start; p < start + width; p++) {
    const size = whole[p];
    if (size === undefined || size === 0) return 0;
    if (size > largest) largest = size;
  }
  return largest;
}

/** The free aligned block that breaks the smallest block, of equals the first. */
export function bestBlock(domain: Domain, width: number): Block {
  if (domain.best?.width === width) return domain.best;
  let best = -1;
  let breaks = Infinity;
  for (let start = 0; start + width <= domain.ids.length; start += width) {
    const size = largestTouched(domain, start, width);
    if (size === 0 || size >= breaks) continue;
    best = start;
    breaks = size;
    // It is such a block itself, and breaks none.
    if (size === width) break;
  }
  return (domain.best = { start: best, width, breaks });
}

/**
 * The free aligned block that has most of `mine` in it, of equals the one that breaks the smallest block, then the first.
 *
 * @param mine - free positions, ascending
 * @returns `undefined` if no free aligned block has any of them
 */
export function bestBlockAround(domain: Domain, width: number, mine: readonly number[]): Block | undefined {
  let best = -1;
  let most = 0;
  let breaks = Infinity;
  for (let i = 0; i < mine.length;) {
    const start = (mine[i] as number) - ((mine[i] as number) % width);
    const first = i;
    while (i < mine.length && (mine[i] as number) < start + width) i++;
    const size = largestTouched(domain, start, width);
    if (size === 0 || i - first < most || (i - first === most && size >= breaks)) continue;
    best = start;
    most = i - first;
    breaks = size;
  }
  return best < 0 ? undefined : { start: best, width, breaks };
}

/** So many free positions without regard to alignment: `mine` first, then those whose blocks are smallest. Ascending. */
export function scattered(domain: Domain, width: number, mine: readonly number[]): readonly number[] {
  const { whole } = domain;
  const own = new Set(mine);
  const free: number[] = [];
  for (let p = 0; p < whole.length; p++) if (whole[p] !== 0) free.push(p);
  return free
    .sort((a, b) => Number(own.has(b)) - Number(own.has(a)) || (whole[a] as number) - (whole[b] as number) || a - b)
    .slice(0, width)
    .sort((a, b) => a - b);
}

/** The positions of a block. */
export function positionsOf({ start, width }: Block): readonly number[] {
  const positions: number[] = [];
  for (let p = start; p < start + width; p++) positions.push(p);
  return positions;
}
