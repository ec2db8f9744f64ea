import { builtinProfileNames, builtinStepProfile, type Profile } from '../../profile/index.js';
import { TetriError } from '../../model/index.js';
import type { EvaluationGrid } from '../../simulation/evaluation/index.js';
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
 * The profiles of a grid by name, each checked to cover the shapes of its experiments.
 *
 * @throws `InputError` for profiles that are not there, and for shapes without step times or deadlines, with the path in the grid
 */
export function readGridProfiles(grid: EvaluationGrid): ReadonlyMap<string, GridProfile> {
  const profiles = new Map<string, GridProfile>();
  grid.experiments.forEach(({ profile: name, shapes, slo, steps }, index) => {
    const path = `experiments[${index}]`;
    const known = profiles.get(name) ?? at(`${path}.profile`, () => readGridProfile(name));
    profiles.set(name, known);
    shapes.forEach((shape, position) =>
      at(`${path}.shapes[${position}]`, () => {
        const times = known.profile.shape(shape);
        if (slo.base === 'paper') paperSlo()(times, steps);
      }),
    );
  });
  return profiles;
}

function readGridProfile(name: string): GridProfile {
  const isBuiltIn = (builtinProfileNames as readonly string[]).includes(name);
  return { profile: readProfile(name), text: JSON.stringify(isBuiltIn ? builtinStepProfile(name) : readJson(name)) };
}

/** What `act` returns; what is wrong is said to stand at a path of the grid. */
function at<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!TetriError.isInstance(error) && !(error instanceof InputError)) throw error;
    throw new InputError(`${path}: ${error.message}`, { cause: error });
  }
}
