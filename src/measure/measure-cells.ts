import type { Cluster } from '../model/index.js';
import { orRefusal } from './failures.js';
import { groupOf } from './group-of.js';
import { measureCell, type Cell, type CellTimes } from './measure-cell.js';
import type { CompleteMeasurePlan } from './plan.js';
import type { TimedCalls } from './timed-calls.js';
import type { CellWork, Work } from './work.js';

/** What shapes are measured with. */
export interface MeasureContext {
  readonly calls: TimedCalls;
  readonly cluster: Cluster;
  readonly plan: CompleteMeasurePlan;
  readonly work: Work;
  /** Told what is left out, and why, in a line for people. */
  readonly onRemark: (line: string) => void;
}

/** A cell that the backend can do. */
export interface MeasuredCell extends Cell, CellTimes {}

/** What became of the cells of a shape. */
export interface ShapeCells {
  readonly measured: readonly MeasuredCell[];
  /** Why the others could not be, each reason once. */
  readonly refusals: ReadonlySet<string>;
}

/**
 * Measures a shape at every degree and batch size of the plan that the backend can do; the first one of them is decoded.
 *
 * @throws `BackendError` if a call fails in another way than with `unsupported`
 */
export async function measureCells(context: MeasureContext, shape: string): Promise<ShapeCells> {
  const { plan, work, onRemark } = context;
  const measured: MeasuredCell[] = [];
  const refusals = new Set<string>();
  for (const degree of plan.degrees) {
    for (const batchSize of plan.batchSizes) {
      const cellWork = work.cell(shape, batchSize);
      // Where one request cannot run, several cannot, and that was said.
      if (batchSize === 1 || measured.some((cell) => cell.degree === degree)) {
        const result = await tryCell(context, { shape, degree, batchSize }, cellWork, measured.length === 0);
        if (typeof result === 'string') {
          refusals.add(result);
          onRemark(`${nameOf({ shape, degree, batchSize })} is left out: ${result}`);
        } else measured.push(result);
      }
      cellWork.end();
    }
  }
  return { measured, refusals };
}

/** A cell with its times, or why there are none. */
async function tryCell(
  { calls, cluster, plan }: MeasureContext,
  asked: Omit<Cell, 'gpus'>,
  work: CellWork,
  decodes: boolean,
): Promise<MeasuredCell | string> {
  const gpus = groupOf(cluster, asked.degree);
  if (gpus === undefined) return `no domain has ${asked.degree} GPUs`;
  const cell = { ...asked, gpus };
  const times = await orRefusal(nameOf(asked), () => measureCell(calls, cell, plan, work, decodes));
  return typeof times === 'string' ? times : { ...cell, ...times };
}

/** For people, such as `64x64 at degree 2` or `a batch of 4 x 64x64 at degree 2`. */
function nameOf({ shape, degree, batchSize }: Omit<Cell, 'gpus'>): string {
  return `${batchSize === 1 ? shape : `a batch of ${batchSize} x ${shape}`} at degree ${degree}`;
}
