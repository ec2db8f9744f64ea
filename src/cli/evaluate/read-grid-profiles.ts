import { builtinProfileNames, builtinStepProfile, type Profile } from '../../profile/index.js';
import { TetriError } from '../../model/index.js';
import { mixOf, type EvaluationGrid } from '../../simulation/evaluation/index.js';
import { paperSlo } from '../../simulation/index.js';
import { readJson } from '../files.js';
import { InputError } from '../input-error.js';
import { readProfile } from '../read-profile.js';

/** A profile that a grid names. */
export interface GridProfile {
  readonly profile: Profile;
  /** Its table as JSON text: what worker threads read, and what results depend on. */
  readonly text: string;
}

/**
 * The profiles of a grid by name, each checked to cover what the experiments ask of it.
 *
 * @throws `InputError` for profiles that are not there; for shapes without step times or deadlines, with the path in the grid
 */
export function readGridProfiles(grid: EvaluationGrid): ReadonlyMap<string, GridProfile> {
  const profiles = new Map<string, GridProfile>();
  grid.experiments.forEach(({ profile: name, shapes, mixes, slo, steps }, index) => {
    const known = profiles.get(name) ?? { profile: readProfile(name), text: JSON.stringify(tableOf(name)) };
    profiles.set(name, known);
    for (const mix of mixes) {
      for (const { shape } of mixOf(mix, shapes)(0)) {
        try {
          const times = known.profile.shape(shape);
          if (slo.base === 'paper') paperSlo()(times, steps);
        } catch (error) {
          if (!TetriError.isInstance(error)) throw error;
          throw new InputError(`experiments[${index}]: ${error.message}`, { cause: error });
        }
      }
    }
  });
  return profiles;
}

function tableOf(name: string): unknown {
  return (builtinProfileNames as readonly string[]).includes(name) ? builtinStepProfile(name) : readJson(name);
}
