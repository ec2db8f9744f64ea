/**
 * How far two times in ms may lie apart and still count as equal: 1e-6 ms, a 1e-9th of the span that was added up to get
 * there, and a few units in the last place of the time stamp itself, because epoch milliseconds resolve only 2.4e-4 ms.
 *
 * @param atMs - the time stamp that is compared
 * @param spanMs - the length of the span that was computed
 */
export function slackMs(atMs: number, spanMs = 0): number {
  return 1e-6 + 1e-9 * Math.abs(spanMs) + 1e-15 * Math.abs(atMs);
}
