import type { RandomStreams } from '../random.js';

/**
 * When requests arrive. Called once a workload; the function that it returns gives one arrival after the other, in ms
 * from 0 on, never falling.
 *
 * @param random - where to draw from; streams named `shapes` are taken
 */
export type Arrivals = (random: RandomStreams) => () => number;
