import { duration, time } from '../model/check.js';

/**
 * The first boundary after a time, on a grid of rounds of equal length.
 *
 * A scheduler that plans at each `endMs` needs no grid: its rounds follow one another. This is for orchestrators that were held up
 * (a step ran over the end of its round, a timer came late) and go on at the boundary that is next, and for several of them
 * that are to plan at the same moments.
 *
 * @param nowMs - in ms
 * @param roundMs - the length of a round in ms, above 0
 * @param originMs - a boundary of the grid, in ms; default 0
 * @returns a boundary above `nowMs`, by no more than a round; within a millionth of a round before a boundary, that
 * boundary has passed
 * @throws `TetriError` `invalid-type`, `out-of-range`
 */
export function nextBoundaryMs(nowMs: number, roundMs: number, originMs = 0): number {
  const passed = Math.floor((time(nowMs, 'nowMs') - time(originMs, 'originMs')) / duration(roundMs, 'roundMs') + 1e-6);
  return originMs + (passed + 1) * roundMs;
}
