/** Who runs where: one interface, TetriServe, what goes past it, and what they are compared with. */
export type { Policy } from './policy.js';
export { horizon, type HorizonOptions } from './horizon/index.js';
export { tetriserve, type TetriserveOptions } from './tetriserve/index.js';
export { edf, fixedDegree, perShape, srpt } from './baselines/index.js';
export { createPolicy, policyNames, type PolicyOptions } from './create-policy.js';
export { planRound } from './plan-round.js';
