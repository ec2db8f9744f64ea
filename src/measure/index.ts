/**
 * Step-time profiles, measured on any backend: what `tetri profile` does for the PyTorch workers.
 *
 * @packageDocumentation
 */
export { measureProfile, type MeasureTools } from './measure-profile.js';
export type { MeasurePlan } from './plan.js';
