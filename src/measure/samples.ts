/** Of everything five samples at least: one that was disturbed does not move their median, nor do two. */
export const minSamples = 5;

/** What a scheduler hands out at a time is of this order: long enough to time, short enough for many samples. */
const maxChunkSteps = 4;

/**
 * Cuts steps into chunks of about equal length, at most four steps each.
 *
 * @param steps - at least 0
 * @param minChunks - as many at least, where there are so many steps
 * @returns the steps of each chunk, longer ones first
 */
export function splitSteps(steps: number, minChunks: number): readonly number[] {
  const count = Math.min(steps, Math.max(minChunks, Math.ceil(steps / maxChunkSteps)));
  return Array.from({ length: count }, (_, index) => Math.ceil((steps - index) / count));
}
