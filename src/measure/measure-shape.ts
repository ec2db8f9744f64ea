import { parseShapeId, TetriError } from '../model/index.js';
import type { MsByDegree, StepProfileShape } from '../profile/index.js';
import { namedError } from './failures.js';
import { measureCells, type MeasureContext, type MeasuredCell } from './measure-cells.js';
import { measureEncoding } from './measure-coding.js';
import { medianStepMs, stepCvOf } from './step-times.js';

/**
 * Measures what one shape costs.
 *
 * @param path - where the shape stands, for the error
 * @throws `TetriError` `unsupported` if it runs at none of the degrees; `BackendError` if a call fails in another way
 */
export async function measureShape(context: MeasureContext, shape: string, path: string): Promise<StepProfileShape> {
  const { plan, onRemark } = context;
  const { measured: cells, refusals } = await measureCells(context, shape);
  const alone = cells.filter(({ batchSize }) => batchSize === 1);
  const [first] = alone;
  if (first === undefined) {
    throw new TetriError(
      'unsupported',
      `${shape} runs at none of the degrees: ${[...refusals].join('; ')}`,
      path,
      shape,
    );
  }
  const batches = plan.batchSizes
    .filter((size) => size > 1 && cells.some(({ batchSize }) => batchSize === size))
    .map((size) => [String(size), msByDegree(cells.filter(({ batchSize }) => batchSize === size))] as const);
  const stepCv = stepCvOf(alone.map(({ chunks }) => chunks));
  const isWild = stepCv !== undefined && stepCv >= 1;
  if (isWild) {
    onRemark(
      `the variation of the step time of ${shape} is left out: its coefficient would be ${stepCv.toPrecision(3)}`,
    );
  }
  return {
    id: shape,
    ...parseShapeId(shape),
    stepMs: msByDegree(alone),
    ...(batches.length > 0 && { batchStepMs: Object.fromEntries(batches) }),
    encodeMs: await encodeMs(context, first),
    decodeMs: first.decodeMs ?? 0,
    ...(stepCv !== undefined && !isWild && { stepCv }),
  };
}

function msByDegree(cells: readonly MeasuredCell[]): MsByDegree {
  return Object.fromEntries(cells.map(({ degree, chunks }) => [String(degree), medianStepMs(chunks)]));
}

async function encodeMs({ calls }: MeasureContext, { shape, gpus: [gpu] }: MeasuredCell): Promise<number> {
  try {
    return await measureEncoding(calls, shape, gpu);
  } catch (error) {
    throw namedError(`encoding of ${shape}`, error);
  }
}
