import { createPolicy, policyNames, type Policy } from '../policies/index.js';
import { parseInput } from './input-error.js';

/** The policies of these names, each once; `all` stands for every built-in one. */
export function readPolicies(names: readonly string[]): readonly Policy[] {
  const wanted = new Set(names.flatMap((name) => (name === 'all' ? policyNames : [name])));
  return [...wanted].map((name) => parseInput('--policy', () => createPolicy(name)));
}
