/** Step-time profiles, measured on any backend. */
export { measureProfile, type MeasureTools } from './measure-profile.js';
export { parseMeasurePlan, type CompleteMeasurePlan, type MeasurePlan } from './plan.js';
