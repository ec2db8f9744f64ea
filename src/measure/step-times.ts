import { median, sum } from 'd3-array';

/** One chunk that was timed. */
export interface ChunkTime {
  /** At least 1. */
  readonly steps: number;
  /** One of them on average, in ms. */
  readonly stepMs: number;
}

/** The median over chunks, which a few that were disturbed do not move, in ms; at least one chunk. */
export function medianStepMs(chunks: readonly ChunkTime[]): number {
  return median(chunks, ({ stepMs }) => stepMs)!;
}

/**
 * The coefficient of variation of one step, as the profile has it: chunks of n steps vary by a factor of sqrt(n) less. Chunks that
 * are measured under different conditions are compared with their own kind only, and what that gives is pooled.
 *
 * @param groups - chunks by conditions, such as the degree
 * @returns `undefined` where no group has two chunks
 */
export function stepCvOf(groups: readonly (readonly ChunkTime[])[]): number | undefined {
  const freedom = sum(groups, (chunks) => Math.max(0, chunks.length - 1));
  return freedom === 0 ? undefined : Math.sqrt(sum(groups, squaredDeviations) / freedom);
}

/** Squared deviations of single steps from the mean, as parts of the mean. */
function squaredDeviations(chunks: readonly ChunkTime[]): number {
  const meanMs = sum(chunks, ({ steps, stepMs }) => steps * stepMs) / sum(chunks, ({ steps }) => steps);
  // Nothing that takes no time varies; the profile refuses it for a better reason.
  return meanMs === 0 ? 0 : sum(chunks, ({ steps, stepMs }) => steps * (stepMs / meanMs - 1) ** 2);
}
