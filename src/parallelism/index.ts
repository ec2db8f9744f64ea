/** Which degrees meet a deadline, and at which cost. */
export { leastGpuTimeMs, leastGpuTimePlan, type Allocation, type DegreePlan } from './least-gpu-time.js';
export {
  widestEfficientDegree,
  parallelEfficiency,
  fastestDegree,
  scaleUpGainMs,
  smallestFeasibleDegree,
} from './degree.js';
export { restrictDegrees } from './restrict-degrees.js';
