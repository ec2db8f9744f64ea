import { latentTokens, parseShapeId } from '../model/index.js';
import type { CompleteMeasurePlan } from './plan.js';

/** The part of the work that belongs to one shape, degree and batch size. */
export interface CellWork {
  /** So many more steps are done. */
  steps(count: number): void;
  /** Nothing more comes, whether or not all of it was done. */
  end(): void;
}

/** How much of a plan is done. */
export interface Work {
  cell(shape: string, batchSize: number): CellWork;
}

/**
 * Weighs the steps of a plan by their latent tokens: what they really take is only known in the end.
 *
 * @param onProgress - told the share that is done, from 0 to 1
 */
export function createWork(plan: CompleteMeasurePlan, onProgress: (share: number) => void): Work {
  const { shapes, degrees, batchSizes, steps, warmupSteps } = plan;
  const cellSteps = warmupSteps + steps;
  const stepWeight = (shape: string, batchSize: number): number => latentTokens(parseShapeId(shape)) * batchSize;
  const weights = shapes.flatMap((shape) => batchSizes.map((size) => stepWeight(shape, size)));
  const total = weights.reduce((sum, weight) => sum + weight, 0) * degrees.length * cellSteps;
  let done = 0;

  return {
    cell(shape, batchSize) {
      let left = cellSteps;
      const steps = (count: number): void => {
        left -= count;
        done += count * stepWeight(shape, batchSize);
        onProgress(done / total);
      };
      return { steps, end: () => steps(left) };
    },
  };
}
