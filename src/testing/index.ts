/**
 * For tests: the rules that every backend must keep, the laws that every policy must keep, and the random situations that those
 * are tried on. No test runner needed.
 *
 * @packageDocumentation
 */
export {
  backendConformance,
  type BackendConformanceOptions,
  type BackendHarness,
  type ConformanceTest,
} from './backend-conformance/index.js';
export { policyLaws, type PolicyLawsOptions } from './policy-laws.js';
export { randomRoundInput, type RandomRoundInputOptions } from './random-round-input.js';
export { randomStepProfile, type RandomProfileOptions } from './random-profile.js';
