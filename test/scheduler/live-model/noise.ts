import { randomNormal } from 'd3-random';
import { randomStreams } from '../../../src/simulation/random.js';

/** Standard normal deviates that depend on the seed alone. */
export function normalDeviates(seed: number): () => number {
  return randomNormal.source(randomStreams(seed)('noise'))();
}
