import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { whole } from '../model/check.js';

/** Uniform random numbers in [0, 1), one a call: what `Math.random` is, and what `d3-random` takes as a `source()`. */
export type RandomSource = () => number;

/** Streams of random numbers by label. The same label starts the same stream again. */
export type RandomStreams = (label: string) => RandomSource;

/**
 * Streams that depend on nothing but the seed and their label. What is drawn from one does not move another: a workload
 * of another rate still asks for the same shapes.
 *
 * The generator is xoroshiro128+ with 53 bits a number. Its state is a hash of seed and label, so that neighbouring seeds
 * and labels have nothing to do with each other.
 *
 * @param seed - a whole number of at least 0
 * @throws `TetriError` `invalid-type`, `out-of-range`
 */
export function randomStreams(seed: number): RandomStreams {
  whole(seed, 'seed', 0);
  return (label) => {
    const generator = xoroshiro128plusFromState([0, 1, 2, 3].map((word) => hash(`${word} ${seed} ${label}`)));
    return () => uniformFloat64(generator);
  };
}

/** FNV-1a, then the finaliser of MurmurHash3, without which similar texts have similar hashes. */
function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) bits = Math.imul(bits ^ text.charCodeAt(index), 0x01000193);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
