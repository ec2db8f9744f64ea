import { TetriError } from '../model/index.js';
import type { ShapeTimes } from './shape-times.js';

function degreeIndex(times: ShapeTimes, degree: number): number {
  const index = times.degrees.indexOf(degree);
  if (index === -1) {
    throw new TetriError(
      'unknown-degree',
      `${times.id} has degrees ${times.degrees.join(', ')}, not ${degree}`,
      '',
      degree,
    );
  }
  return index;
}

/**
 * One step of one request at a degree, in ms. O(degrees).
 *
 * @throws `TetriError` `unknown-degree` if the shape does not have that degree
 */
export function stepMsAt(times: ShapeTimes, degree: number): number {
  return times.stepMs[degreeIndex(times, degree)]!;
}

/**
 * One step of a whole batch at a degree, in ms; `undefined` if that batch was not measured. O(degrees + batch sizes).
 *
 * @param size - requests in the batch; 1 is a request alone, the same as {@link stepMsAt}
 * @throws `TetriError` `unknown-degree` if the shape does not have that degree at all
 */
export function batchStepMsAt(times: ShapeTimes, size: number, degree: number): number | undefined {
  const index = degreeIndex(times, degree);
  return size === 1 ? times.stepMs[index] : times.batches.find((batch) => batch.size === size)?.stepMs[index];
}
