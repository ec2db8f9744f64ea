import { duration, optional, text } from '../../model/check.js';
import { TetriError } from '../../model/index.js';
import { oneOf, recordOf } from './fields.js';
import type { Axis, Chart, Experiment, Measure } from './grid.js';

const axes: readonly Axis[] = ['mix', 'rate', 'sloScale', 'gpus', 'stepCv', 'slowdown', 'policy', 'option'];
const measures: readonly Measure[] = [
  ...(['attainment', 'share-of-bound', 'by-shape', 'latency', 'over-time', 'planning'] as const),
];

/** Checks a chart of an experiment that was checked before. */
export function parseChart(value: unknown, path: string, experiment: Omit<Experiment, 'charts'>): Chart {
  const fields = recordOf(value, path, ['show', 'x', 'option', 'series', 'windowMs']);
  const show = oneOf(measures)(fields['show'], `${path}.show`);
  const x = optional(fields['x'], 'policy', (entry) => oneOf(axes)(entry, `${path}.x`));
  const series = optional(fields['series'], x === 'policy' ? 'mix' : 'policy', (entry) =>
    oneOf(axes.filter((axis) => axis !== 'option'))(entry, `${path}.series`),
  );
  const option = x === 'option' ? text(fields['option'], `${path}.option`) : '';
  if (series === x) throw new TetriError('out-of-range', 'expected another axis than x', `${path}.series`, series);
  if (option !== '') {
    const lacking = experiment.policies.find(
      ({ options }) => typeof (options as Readonly<Record<string, unknown>>)[option] !== 'number',
    );
    const message = `expected a number in the options of every policy; ${lacking?.label ?? ''} has none`;
    if (lacking !== undefined) throw new TetriError('out-of-range', message, `${path}.option`, option);
  }
  if (show === 'share-of-bound' && !experiment.bound) {
    throw new TetriError('out-of-range', 'a share of the bound needs bound: true', `${path}.show`, show);
  }
  const windowMs = optional(fields['windowMs'], 20_000, (entry) => duration(entry, `${path}.windowMs`));
  return { show, x, option, series, windowMs };
}
