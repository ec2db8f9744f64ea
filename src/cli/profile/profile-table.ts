import type { MsByDegree, StepProfile } from '../../profile/index.js';
import { formatTable } from '../table.js';

/** What was measured, a line for each shape and batch size, for people. */
export function profileTable({ degrees, shapes }: StepProfile): string {
  const head = ['shape', ...degrees.map((degree) => `step at\ndegree ${degree}`), 'cv of\na step', 'encode', 'decode'];
  const steps = (stepMs: MsByDegree): readonly string[] => degrees.map((degree) => milliseconds(stepMs[degree]));
  const rows = shapes.flatMap(({ id, stepMs, batchStepMs = {}, stepCv, encodeMs, decodeMs }) => [
    [id, ...steps(stepMs), percent(stepCv), milliseconds(encodeMs), milliseconds(decodeMs)],
    ...Object.entries(batchStepMs).map(([size, times]) => [`${size} x ${id}`, ...steps(times), '', '', '']),
  ]);
  return formatTable(head, rows, true);
}

function milliseconds(ms: number | undefined): string {
  return ms === undefined ? '-' : `${ms.toPrecision(3).includes('e') ? Math.round(ms) : ms.toPrecision(3)} ms`;
}

function percent(share: number | undefined): string {
  return share === undefined ? '-' : `${(share * 100).toFixed(1)} %`;
}
