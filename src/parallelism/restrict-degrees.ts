import type { ShapeTimes } from '../profile/index.js';
import { createShapeTimes } from '../profile/shape-times.js';

/**
 * The same shape without the degrees above `maxDegree`: no group can be wider than the largest NVLink domain.
 *
 * @returns the argument itself if nothing is taken away, `undefined` if no degree is left
 */
export function restrictDegrees(times: ShapeTimes, maxDegree: number): ShapeTimes | undefined {
  const count = times.degrees.filter((degree) => degree <= maxDegree).length;
  if (count === times.degrees.length) return times;
  if (count === 0) return undefined;
  return createShapeTimes({
    ...times,
    degrees: times.degrees.slice(0, count),
    stepMs: times.stepMs.slice(0, count),
    batches: times.batches.map(({ size, stepMs }) => ({ size, stepMs: stepMs.slice(0, count) })),
  });
}
