import type { Profile } from '../../profile/index.js';
import { mapShapes } from '../../profile/map-shapes.js';
import type { SimulateOptions, ValidateRunOptions } from '../../simulation/index.js';

/** The paper's upper bound of the coefficient of variation of a step (section 4.1). */
const paperStepCv = 0.007;

/** How `simulate()` and `validateRun()` are told of noise. */
export interface Noise {
  readonly profile: Profile;
  readonly noise?: NonNullable<SimulateOptions['noise']>;
  readonly stepNoise: NonNullable<ValidateRunOptions['stepNoise']>;
  /** What it is, for people. */
  readonly line?: string;
}

/**
 * The noise that `--noise` asks for.
 *
 * @param flag - a coefficient of variation; `true` for that of each shape in the profile, or the paper's where it has none
 */
export function readNoise(flag: number | true | undefined, profile: Profile, seed: number): Noise {
  if (flag === undefined) return { profile, stepNoise: 0 };
  if (flag !== true) {
    const line = `Noise: step times vary with a coefficient of variation of ${flag}`;
    return { profile, noise: { seed, stepCv: flag }, stepNoise: flag, line };
  }
  const line = `Noise: step times vary as the profile says, or with a coefficient of variation of ${paperStepCv} where it does not`;
  return { profile: withStepCv(profile), noise: { seed }, stepNoise: 'profile', line };
}

/** The profile, with the paper's coefficient of variation for shapes that have none. */
function withStepCv(profile: Profile): Profile {
  return mapShapes(profile, (times) => (times.stepCv === undefined ? { ...times, stepCv: paperStepCv } : times));
}
