import { show } from '../model/check.js';
import { TetriError } from '../model/index.js';
import { edf, fixedDegree, perShape, srpt } from './baselines/index.js';
import { horizon } from './horizon/index.js';
import type { Policy } from './policy.js';
import { tetriserve } from './tetriserve/index.js';

const policies: Readonly<Record<string, () => Policy>> = {
  tetriserve: () => tetriserve(),
  horizon: () => horizon(),
  'fixed-1': () => fixedDegree(1),
  'fixed-2': () => fixedDegree(2),
  'fixed-4': () => fixedDegree(4),
  'fixed-8': () => fixedDegree(8),
  'per-shape': () => perShape(),
  edf: () => edf(),
  srpt: () => srpt(),
};

/** The names that {@link createPolicy} knows. */
export const policyNames: readonly string[] = Object.keys(policies);

/**
 * A built-in policy by its name, with its default options.
 *
 * @throws `TetriError` `unknown-policy` for any other name
 */
export function createPolicy(name: string): Policy {
  const create = Object.hasOwn(policies, name) ? policies[name] : undefined;
  if (create === undefined) {
    throw new TetriError(
      'unknown-policy',
      `no policy ${show(name)}; there are ${policyNames.join(', ')}`,
      'policy',
      name,
    );
  }
  return create();
}
