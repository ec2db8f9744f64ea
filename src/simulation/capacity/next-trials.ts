/** What is known of counts, by their index: whether each that was tried reaches the target. */
export type Tried = ReadonlyMap<number, boolean>;

/** Where a search stands. */
export interface SearchState {
  readonly tried: Tried;
  /** How many counts there are, at least 1. */
  readonly count: number;
  /** The index to begin with. */
  readonly start: number;
  /** How many counts above the answer have to reach the target too. */
  readonly confirmations: number;
}

/** The index of the answer by what is known so far: the smallest above all that fail that reaches the target; `undefined` if none does. */
export function answerOf(tried: Tried): number | undefined {
  const highestFailing = Math.max(-1, ...indexesThat(tried, false));
  const above = indexesThat(tried, true).filter((index) => index > highestFailing);
  return above.length === 0 ? undefined : Math.min(...above);
}

/**
 * What to try next, all at once; nothing if the search has ended. A pure function of what is known, so that nothing but the trials
 * decides where the search goes.
 */
export function nextTrials({ tried, count, start, confirmations }: SearchState): readonly number[] {
  if (tried.size === 0) return [start];
  const low = Math.max(-1, ...indexesThat(tried, false));
  const high = answerOf(tried);
  if (high === undefined) {
    if (low === count - 1) return [];
    // Up in strides of 1, 2, 4 and so on.
    const failures = indexesThat(tried, false).filter((index) => index >= start).length;
    return [Math.min(count - 1, low + 2 ** Math.max(0, failures - 1))];
  }
  if (high - low > 1) {
    if (low >= 0) return [Math.floor((low + high) / 2)];
    // Down likewise, while nothing has failed.
    const successes = indexesThat(tried, true).filter((index) => index <= start).length;
    return [Math.max(0, high - 2 ** Math.max(0, successes - 1))];
  }
  const confirming = Array.from({ length: confirmations }, (_, index) => high + 1 + index);
  return confirming.filter((index) => index < count && !tried.has(index));
}

function indexesThat(tried: Tried, reach: boolean): readonly number[] {
  return [...tried].flatMap(([index, reaches]) => (reaches === reach ? [index] : []));
}
