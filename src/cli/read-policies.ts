import { createPolicy, policyNames, type Policy } from '../policies/index.js';

/**
 * The policies of these names, each once; `all` stands for every built-in one.
 *
 * @throws `TetriError` `unknown-policy`
 */
export function readPolicies(names: readonly string[]): readonly Policy[] {
  const wanted = new Set(names.flatMap((name) => (name === 'all' ? policyNames : [name])));
  return [...wanted].map((name) => createPolicy(name));
}
