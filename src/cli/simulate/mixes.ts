import { paperBaseSloMs, driftingMix, skewedMix, uniformMix, type Mix } from '../../simulation/index.js';
import type { Profile } from '../../profile/index.js';

/** What `--workload` can name. */
export const mixes: Readonly<Record<string, (shapes: readonly string[]) => Mix>> = {
  uniform: (shapes) => uniformMix(shapes),
  skewed: (shapes) => skewedMix(shapes),
  drifting: (shapes) => driftingMix(skewedMix(shapes, -1), skewedMix(shapes, 1)),
};

/** The shapes of a mix unless the user says otherwise: the paper's four squares if all are measured, else whatever is. */
export function defaultShapes(profile: Profile): readonly string[] {
  const measured = profile.shapes.map(({ id }) => id);
  const paper = Object.keys(paperBaseSloMs);
  return paper.every((id) => measured.includes(id)) ? paper : measured;
}
