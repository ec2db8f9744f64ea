import { nonEmptyList, schemaVersion, show } from '../../model/check.js';
import { TetriError } from '../../model/index.js';
import { line, recordOf } from './fields.js';
import type { EvaluationGrid } from './grid.js';
import { parseExperiment } from './parse-experiment.js';

/**
 * Checks a grid, as read from JSON, and fills in its defaults. Profiles are not looked up here.
 *
 * @throws `TetriError` `unsupported-schema-version`, `invalid-type`, `out-of-range`, `empty`, `unknown-field` for a field that the schema does
 * not have, `duplicate-experiment`, `invalid-shape`, `unknown-policy`; its path names the field, such as `experiments[2].slo.scales[0]`
 */
export function parseGrid(value: unknown): EvaluationGrid {
  const fields = recordOf(value, '', ['schemaVersion', 'title', 'experiments']);
  const version = schemaVersion(fields['schemaVersion'], 'schemaVersion');
  const title = line(fields['title'], 'title');
  const seen = new Set<string>();
  const experiments = nonEmptyList(fields['experiments'], 'experiments').map((entry, index) => {
    const path = `experiments[${index}]`;
    const experiment = parseExperiment(entry, path);
    if (seen.has(experiment.id)) {
      throw new TetriError('duplicate-experiment', `${show(experiment.id)} stands twice`, `${path}.id`, experiment.id);
    }
    seen.add(experiment.id);
    return experiment;
  });
  return { schemaVersion: version, title, experiments };
}
