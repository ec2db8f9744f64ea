import { record, show } from '../model/check.js';
import { TetriError } from '../model/index.js';
import { edf, fixedDegree, perShape, srpt } from './baselines/index.js';
import { horizon, horizonOptionNames, type HorizonOptions } from './horizon/index.js';
import type { Policy } from './policy.js';
import { tetriserve, tetriserveOptionNames, type TetriserveOptions } from './tetriserve/index.js';

/** The options of any built-in policy, as they may stand in a file; most policies have none. */
export type PolicyOptions = TetriserveOptions | HorizonOptions;

interface Kind {
  readonly create: (options: PolicyOptions) => Policy;
  readonly optionNames: readonly string[];
}

const without = (create: () => Policy): Kind => ({ create, optionNames: [] });

const policies: Readonly<Record<string, Kind>> = {
  tetriserve: { create: tetriserve, optionNames: tetriserveOptionNames },
  horizon: { create: horizon, optionNames: horizonOptionNames },
  'fixed-1': without(() => fixedDegree(1)),
  'fixed-2': without(() => fixedDegree(2)),
  'fixed-4': without(() => fixedDegree(4)),
  'fixed-8': without(() => fixedDegree(8)),
  'per-shape': without(perShape),
  edf: without(edf),
  srpt: without(srpt),
};

/** The names that {@link createPolicy} knows. */
export const policyNames: readonly string[] = Object.keys(policies);

/**
 * A built-in policy by its name.
 *
 * @param options - those of `tetriserve()` or `horizon()`; the others have none. Default: the defaults of the policy
 * @throws `TetriError` `unknown-policy` for any other name; `invalid-type` for options that are no object; `unknown-field` for an option
 * that the policy does not have; what the policy throws for an option of a wrong value
 */
export function createPolicy(name: string, options: PolicyOptions = {}): Policy {
  const kind = Object.hasOwn(policies, name) ? policies[name] : undefined;
  if (kind === undefined) {
    throw new TetriError(
      'unknown-policy',
      `no policy ${show(name)}; there are ${policyNames.join(', ')}`,
      'policy',
      name,
    );
  }
  const { create, optionNames } = kind;
  for (const [key, value] of Object.entries(record(options, 'options'))) {
    if (optionNames.includes(key)) continue;
    const known = optionNames.length === 0 ? 'it has none' : `there are ${optionNames.join(', ')}`;
    throw new TetriError('unknown-field', `${name} has no such option; ${known}`, key, value);
  }
  return create(options);
}
