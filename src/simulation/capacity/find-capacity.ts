import { nonEmptyList, nonNegative, positive, show, whole } from '../../model/check.js';
import { TetriError } from '../../model/index.js';
import { answerOf, nextTrials } from './next-trials.js';

/**
 * What a search is given.
 *
 * @experimental
 */
export interface CapacityOptions<T extends { readonly sloAttainment: number }> {
  /** The share of requests that has to end no later than their deadlines; above 0, at most 1. */
  readonly target: number;
  /** The counts to choose from, such as `gpuCountsUpTo(64, 8)`: whole numbers of at least 1, at least one, ascending. */
  readonly gpuCounts: readonly number[];
  /**
   * Where the answer is expected, in GPUs, at least 0: the search begins at the smallest count that is no smaller. A good guess, such as
   * `offeredGpus()` over a load of 0.8, saves trials, those of few GPUs above all: an overloaded cluster takes longest to
   * simulate. Default: the smallest count.
   */
  readonly expectedGpus?: number;
  /** How many of the counts right above the answer have to reach the target as well; a whole number of at least 0. Default 2. */
  readonly confirmations?: number;
  /**
   * What is reached with so many GPUs, such as `summarize()` of a run, or a mean over several; the same each time. Called once a count,
   * for several counts before the first answer has come. What it throws ends the search.
   */
  readonly measure: (gpus: number) => T | Promise<T>;
}

/**
 * A count that was tried.
 *
 * @experimental
 */
export interface CapacityTrial<T> {
  /** How many GPUs. */
  readonly gpus: number;
  /** What is reached with them. */
  readonly measured: T;
}

/**
 * What a search found.
 *
 * @experimental
 */
export interface Capacity<T> {
  /** The fewest GPUs; `null` if the target is not reached. */
  readonly gpus: number | null;
  /** All that was tried, by ascending count. */
  readonly trials: readonly CapacityTrial<T>[];
}

/**
 * Finds the fewest GPUs that reach a target: the smallest count from which on *every count that was tried* reaches it.
 *
 * More GPUs need not mean more deadlines met: policies are heuristics, and groups fall differently on other nodes. So the first count that
 * happens to reach the target is not trusted. The counts that are tried always include, where they exist, the next smaller one, which
 * fails, and the next `confirmations` larger ones, which reach the target; a failure among those moves the search above it. What
 * was not tried is not vouched for: a larger count may fail, and one far below the answer may reach the target by luck.
 *
 * Strides double from the expected count up or down, and then halve: O(log n) trials of n counts if attainment never falls from one
 * count to the next, at most n otherwise. The same answers give the same search.
 *
 * @example
 * ```ts
 * const { gpus } = await findCapacity({
 *   target: 0.95,
 *   gpuCounts: gpuCountsUpTo(64, 8),
 *   measure: (count) => {
 *     const cluster = createCluster(count, 8);
 *     return summarize(simulate({ trace, profile, cluster, policy: horizon() }), trace, cluster);
 *   },
 * });
 * ```
 *
 * @returns `gpus: null` if not even the largest count reaches the target: that is an outcome, not an error
 * @throws `TetriError` `invalid-type`, `out-of-range`, `empty`, also for an attainment that is no share
 *
 * @experimental
 */
export async function findCapacity<T extends { readonly sloAttainment: number }>(
  options: CapacityOptions<T>,
): Promise<Capacity<T>> {
  const target = parseShare(positive(options.target, 'target'), 'target');
  const gpuCounts = parseCounts(options.gpuCounts);
  const expectedGpus = nonNegative(options.expectedGpus ?? 0, 'expectedGpus');
  const confirmations = whole(options.confirmations ?? 2, 'confirmations', 0);
  const count = gpuCounts.length;
  const atLeast = gpuCounts.findIndex((gpus) => gpus >= expectedGpus);
  const start = atLeast === -1 ? count - 1 : atLeast;

  const trials = new Map<number, CapacityTrial<T>>();
  const tried = new Map<number, boolean>();
  for (;;) {
    const next = nextTrials({ tried, count, start, confirmations });
    if (next.length === 0) break;
    const measured = await Promise.all(next.map(async (index) => options.measure(gpuCounts[index]!)));
    measured.forEach((one, position) => {
      const index = next[position]!;
      const gpus = gpuCounts[index]!;
      const path = `measure(${gpus}).sloAttainment`;
      tried.set(index, parseShare(nonNegative(one.sloAttainment, path), path) >= target);
      trials.set(index, { gpus, measured: one });
    });
  }
  const answer = answerOf(tried);
  const inOrder = [...trials].sort(([a], [b]) => a - b).map(([, trial]) => trial);
  return { gpus: answer === undefined ? null : gpuCounts[answer]!, trials: inOrder };
}

function parseShare(value: number, path: string): number {
  if (value <= 1) return value;
  throw new TetriError('out-of-range', `expected at most 1, received ${value}`, path, value);
}

function parseCounts(value: unknown): readonly number[] {
  const counts = nonEmptyList(value, 'gpuCounts').map((entry, index) => whole(entry, `gpuCounts[${index}]`, 1));
  const falling = counts.findIndex((gpus, index) => index > 0 && gpus <= counts[index - 1]!);
  if (falling === -1) return counts;
  const message = `expected counts in ascending order, received ${show(counts[falling])} after ${show(counts[falling - 1])}`;
  throw new TetriError('out-of-range', message, `gpuCounts[${falling}]`, counts[falling]);
}
