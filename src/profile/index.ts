/** What a step costs: step-time profiles, parsed, checked, looked up and interpolated. */
export type { MsByDegree, ProfileSource, StepProfile, StepProfileShape } from './step-profile.js';
export { createShapeTimes, type BatchTimes, type ShapeTimes } from './shape-times.js';
export type { Profile } from './profile.js';
export { parseProfile } from './parse-profile.js';
export { batchStepMsAt, stepMsAt } from './lookup.js';
export { builtinProfile, builtinProfileNames, builtinStepProfile, type BuiltinProfileName } from './builtin.js';
export { correctedProfile, observeSteps, type StepCorrection } from './correction.js';
export { limitBatches } from './limit-batches.js';
