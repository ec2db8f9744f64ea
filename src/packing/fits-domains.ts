/** How many groups of each width are still to be placed. */
export interface Demand {
  /** The widths that occur, widest first. */
  readonly widths: readonly number[];
  /** How many groups have each of them. */
  readonly counts: number[];
  /**
   * Whether each width divides the next wider one, as powers of two do. Then {@link demandFits} is exact, and the widest
   * group may go wherever it fits: in every domain it takes the same number of places away from each narrower width.
   */
  readonly nested: boolean;
}

/** Counts groups by width. */
export function demandOf(widths: readonly number[]): Demand {
  const distinct = [...new Set(widths)].sort((a, b) => b - a);
  const nested = distinct.every((width, index) => index === 0 || (distinct[index - 1] as number) % width === 0);
  const demand: Demand = { widths: distinct, counts: distinct.map(() => 0), nested };
  for (const width of widths) change(demand, width, 1);
  return demand;
}

/** Adds `by` groups of one of the widths. */
export function change(demand: Demand, width: number, by: number): void {
  const index = demand.widths.indexOf(width);
  demand.counts[index] = (demand.counts[index] as number) + by;
}

/**
 * Whether groups fit domains, each group inside one domain, by first fit decreasing: widest group first, each into the
 * first domain that has room.
 *
 * Exact if the widths are nested. For others `true` is always true, and `false` may be wrong.
 *
 * @param free - free GPUs of each domain, in the order in which domains are tried; overwritten
 *
 * Complexity: O(distinct widths x domains).
 */
export function demandFits(demand: Demand, free: number[]): boolean {
  for (let i = 0; i < demand.widths.length; i++) {
    const width = demand.widths[i] as number;
    let count = demand.counts[i] as number;
    for (let d = 0; d < free.length && count > 0; d++) {
      const room = free[d] as number;
      if (room < width) continue;
      const placed = Math.min(count, Math.floor(room / width));
      free[d] = room - placed * width;
      count -= placed;
    }
    if (count > 0) return false;
  }
  return true;
}

/**
 * Whether groups of these widths all fit domains with so many free GPUs, each group inside one domain.
 *
 * Exact if the widths are powers of two. For other widths it is a heuristic (first fit decreasing, tightest domain
 * first): `true` is always true, and `false` may be wrong, as deciding it exactly is bin packing.
 *
 * @param widths - GPUs of each group, whole numbers of at least 0, in any order
 * @param freeByDomain - free GPUs of each domain, in any order
 *
 * Complexity: O(groups + domains x (distinct widths + log domains)).
 */
export function fitsDomains(widths: readonly number[], freeByDomain: readonly number[]): boolean {
  return demandFits(
    demandOf(widths.filter((width) => width > 0)),
    [...freeByDomain].sort((a, b) => a - b),
  );
}
