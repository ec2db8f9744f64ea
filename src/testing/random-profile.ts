import type { MsByDegree, StepProfile, StepProfileShape } from '../profile/index.js';
import { randomStreams, type RandomSource } from '../simulation/random.js';
import { drawChance, drawOne, drawSome, drawWhole } from './draws.js';

/** How {@link randomStepProfile} draws. */
export interface RandomProfileOptions {
  /** Whether times have fractions. Default `false`: whole milliseconds, on which floating-point arithmetic is exact. */
  readonly fractional?: boolean;
}

const sides = [256, 512, 768, 1024, 2048];

/**
 * A step-time profile that keeps the rules and may break every habit: degrees that are no powers of two, or lack 1; shapes
 * that lack degrees; steps that get slower with the degree; batches that cost more than they save; with and without
 * encoding and decoding.
 *
 * @param seed - a whole number of at least 0; the same one gives the same profile
 * @throws `TetriError` `invalid-type`, `out-of-range`
 */
export function randomStepProfile(seed: number, options: RandomProfileOptions = {}): StepProfile {
  const random = randomStreams(seed)('profile');
  const time = (ms: number): number => Math.max(1, options.fractional === true ? ms : Math.round(ms));
  const degrees = drawChance(random, 0.6)
    ? [1, 2, 4, 8].slice(0, drawWhole(random, 1, 4))
    : drawSome(random, [1, 2, 3, 4, 5, 6, 7, 8, 12], 0.35);
  return {
    schemaVersion: 1,
    model: `random-${seed}`,
    accelerator: 'none',
    source: { kind: 'estimated', note: 'drawn at random' },
    degrees,
    shapes: drawSome(random, sides, 0.5).map((side) => randomShape(random, side, degrees, time)),
  };
}

function randomShape(
  random: RandomSource,
  side: number,
  degrees: readonly number[],
  time: (ms: number) => number,
): StepProfileShape {
  const own = drawSome(random, degrees, 0.85);
  const alone = drawWhole(random, 4, 40) * (side / 256);
  const speedup = random();
  const isWild = drawChance(random, 0.25);
  const stepMs = new Map(
    own.map((degree) => [degree, time(isWild ? alone * (0.2 + 2 * random()) : alone / degree ** speedup)]),
  );
  const share = 1.2 * random();
  const batchOf = (size: number): MsByDegree =>
    Object.fromEntries(
      drawSome(random, own, 0.7).map((degree) => [
        degree,
        time((stepMs.get(degree) as number) * (1 + (size - 1) * share)),
      ]),
    );
  return {
    id: `${side}x${side}`,
    width: side,
    height: side,
    frames: 1,
    stepMs: Object.fromEntries(stepMs),
    ...(drawChance(random, 0.5) && { batchStepMs: Object.fromEntries([2, 3].map((size) => [size, batchOf(size)])) }),
    ...(drawChance(random, 0.4) && { encodeMs: time(random() * 60) }),
    ...(drawChance(random, 0.4) && { decodeMs: time(random() * 60) }),
    ...(drawChance(random, 0.5) && { stepCv: drawOne(random, [0, 0.001, 0.005]) }),
  };
}
