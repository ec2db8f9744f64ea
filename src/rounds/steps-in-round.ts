/**
 * How many whole steps fit a window of time (paper section 4.2: `floor(tau / T)`).
 *
 * A window of exactly five steps holds five, also when the quotient of the two floating-point numbers lies a hair below 5.
 *
 * @param windowMs - in ms; nothing fits one that is not above 0
 * @param stepMs - one step, in ms, above 0
 */
export function stepsInRound(windowMs: number, stepMs: number): number {
  return windowMs > 0 ? Math.floor(windowMs / stepMs + 1e-9) : 0;
}
