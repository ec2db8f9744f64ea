/** For tests: the laws that every policy must keep, and the random situations that they are tried on. No test runner needed. */
export { policyLaws, type PolicyLawsOptions } from './policy-laws.js';
export { randomRoundInput, type RandomRoundInputOptions } from './random-round-input.js';
export { randomStepProfile, type RandomProfileOptions } from './random-profile.js';
