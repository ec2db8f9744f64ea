import type { Profile } from '../../profile/index.js';
import { paperBaseSloMs } from '../../simulation/index.js';

/** What `--workload` can name: what grids can. */
export { mixesByName as mixes } from '../../simulation/evaluation/index.js';

/** The shapes of a mix unless the user says otherwise: the paper's four squares if all are measured, else whatever is. */
export function defaultShapes(profile: Profile): readonly string[] {
  const measured = profile.shapes.map(({ id }) => id);
  const paper = Object.keys(paperBaseSloMs);
  return paper.every((id) => measured.includes(id)) ? paper : measured;
}
