import { TetriError } from '../../model/index.js';
import type { EvaluationGrid } from '../../simulation/evaluation/index.js';
import { paperSlo } from '../../simulation/index.js';
import { InputError } from '../input-error.js';
import { readProfileText, type ProfileText } from '../read-profile.js';

/**
 * The profiles of a grid by name, each checked to cover the shapes of its experiments.
 *
 * @throws `InputError` for profiles that are not there, and for shapes without step times or deadlines, with the path in the grid
 */
export function readGridProfiles(grid: EvaluationGrid): ReadonlyMap<string, ProfileText> {
  const profiles = new Map<string, ProfileText>();
  grid.experiments.forEach(({ profile: name, shapes, slo, steps }, index) => {
    const path = `experiments[${index}]`;
    const known = profiles.get(name) ?? at(`${path}.profile`, () => readProfileText(name));
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

/** What `act` returns; what is wrong is said to stand at a path of the grid. */
function at<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!TetriError.isInstance(error) && !(error instanceof InputError)) throw error;
    throw new InputError(`${path}: ${error.message}`, { cause: error });
  }
}
