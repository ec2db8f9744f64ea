import type { ShapeTimes } from '../profile/index.js';

/**
 * The same shape without the degrees above `maxDegree`: no group can be wider than the largest NVLink domain.
 *
 * @returns the argument itself if nothing is taken away, `undefined` if no degree is left
 */
export function restrictDegrees(times: ShapeTimes, maxDegree: number): ShapeTimes | undefined {
  const count = times.degrees.filter((degree) => degree <= maxDegree).length;
  if (count === times.degrees.length) return times;
  if (count === 0) return undefined;
  const stepMs = times.stepMs.slice(0, count);
  const stepGpuMs = times.stepGpuMs.slice(0, count);
  const fastest = stepMs.indexOf(Math.min(...stepMs));
  return {
    ...times,
    degrees: times.degrees.slice(0, count),
    stepMs,
    stepGpuMs,
    fastest,
    minStepMs: stepMs[fastest] as number,
    cheapest: stepGpuMs.indexOf(Math.min(...stepGpuMs)),
    batches: times.batches.map((batch) => ({ size: batch.size, stepMs: batch.stepMs.slice(0, count) })),
  };
}
