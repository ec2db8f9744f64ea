import type { Shape } from '../model/index.js';

/** What one shape costs, ready to plan with: lists aligned by degree instead of objects keyed by it. */
export interface ShapeTimes extends Shape {
  /** The shape's id, such as `"1024x1024"`. */
  readonly id: string;
  /** Latent tokens. */
  readonly tokens: number;
  /** `true` if the times were interpolated by token count between two measured shapes. */
  readonly interpolated: boolean;
  /** The degrees that can run this shape, ascending; at least one. */
  readonly degrees: readonly number[];
  /** One step in ms, aligned with `degrees`. Not necessarily falling: small shapes may get slower with degree. */
  readonly stepMs: readonly number[];
  /** One step in GPU milliseconds (degree x step time), aligned with `degrees`. Not necessarily rising. */
  readonly stepGpuMs: readonly number[];
  /** Index of the fastest degree; of equal ones, the smallest. */
  readonly fastest: number;
  /** The fastest step, `stepMs[fastest]`. */
  readonly minStepMs: number;
  /** Index of the degree of least GPU time; of equal ones, the fastest, and of those the smallest. */
  readonly cheapest: number;
  /** Batches that were measured, by ascending size (2 or more); empty if none. */
  readonly batches: readonly BatchTimes[];
  /** Encoding before the first step, on one GPU, in ms; 0 if the profile does not say. */
  readonly encodeMs: number;
  /** Decoding after the last step, on one GPU, in ms; 0 if the profile does not say. */
  readonly decodeMs: number;
  /** Coefficient of variation of the step time; `undefined` if the profile does not say. */
  readonly stepCv: number | undefined;
}

/** The step times of one batch size. */
export interface BatchTimes {
  /** Requests in the batch, at least 2. */
  readonly size: number;
  /** One step of the whole batch in ms, aligned with the degrees of the shape; `undefined` where it was not measured. */
  readonly stepMs: readonly (number | undefined)[];
}

/** What is known of a shape's costs before anything is derived from it. */
export type ShapeCosts = Omit<ShapeTimes, 'stepGpuMs' | 'fastest' | 'minStepMs' | 'cheapest'>;

/**
 * Adds what planners ask for again and again to the costs of a shape: GPU times and the two extreme degrees. O(degrees).
 *
 * @param costs - `degrees` ascending and not empty, `stepMs` aligned with it
 */
export function createShapeTimes(costs: ShapeCosts): ShapeTimes {
  const stepGpuMs = costs.stepMs.map((ms, index) => ms * costs.degrees[index]!);
  const minStepMs = Math.min(...costs.stepMs);
  const minGpuMs = Math.min(...stepGpuMs);
  const cheapestMs = Math.min(...costs.stepMs.filter((_, index) => stepGpuMs[index] === minGpuMs));
  return {
    ...costs,
    stepGpuMs,
    fastest: costs.stepMs.indexOf(minStepMs),
    minStepMs,
    cheapest: costs.stepMs.findIndex((ms, index) => ms === cheapestMs && stepGpuMs[index] === minGpuMs),
  };
}
