/**
 * The time, and calls at a time: all that the live scheduler and simulated backends know of clocks. Give your own to test on
 * virtual time.
 */
export interface Clock {
  /** The time in ms. It may jump, also back; the scheduler does not follow it back. */
  nowMs(): number;
  /**
   * Calls back once, when the clock has reached a time; soon if that has passed, but never before `schedule` returns.
   *
   * @returns takes the call back; harmless after it was made
   */
  schedule(atMs: number, callback: () => void): () => void;
}
