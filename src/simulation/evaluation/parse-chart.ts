import { duration, optional, show as inWords, text } from '../../model/check.js';
import { TetriError } from '../../model/index.js';
import { oneOf, recordOf } from './fields.js';
import type { Axis, Chart, Experiment, Measure } from './grid.js';

const axes: readonly Axis[] = ['mix', 'rate', 'sloScale', 'gpus', 'stepCv', 'slowdown', 'policy', 'option'];
const measures: readonly Measure[] = ['attainment', 'share-of-bound', 'by-shape', 'latency', 'over-time', 'planning'];
/** Those that have a number for each run, to be drawn over any axis. */
const overAnyAxis: readonly Measure[] = ['attainment', 'share-of-bound', 'planning'];
/** A second: shorter windows hold next to no arrivals, and make results large. */
const minWindowMs = 1000;

type Fields = Readonly<Record<string, unknown>>;

/** Checks a chart of an experiment that was checked before. */
export function parseChart(value: unknown, path: string, experiment: Omit<Experiment, 'charts'>): Chart {
  const fields = recordOf(value, path, ['show', 'x', 'option', 'series', 'windowMs']);
  const show = oneOf(measures)(fields['show'], `${path}.show`);
  if (show === 'share-of-bound' && !experiment.bound) {
    throw new TetriError('out-of-range', 'a share of the bound needs bound: true', `${path}.show`, show);
  }
  if (!overAnyAxis.includes(show)) refuseFields(fields, ['x', 'series'], path, `the axes of ${show} are given`);
  if (show !== 'over-time') refuseFields(fields, ['windowMs'], path, 'only over-time has windows');
  const x = optional(fields['x'], 'policy', (entry) => oneOf(axes)(entry, `${path}.x`));
  if (x !== 'option') refuseFields(fields, ['option'], path, 'it is only there for x: option');
  const series = optional(fields['series'], x === 'policy' || x === 'option' ? 'mix' : 'policy', (entry) =>
    oneOf(axes.filter((axis) => axis !== 'option'))(entry, `${path}.series`),
  );
  if (series === x) throw new TetriError('out-of-range', 'expected another axis than x', `${path}.series`, series);
  const option = x === 'option' ? text(fields['option'], `${path}.option`) : '';
  if (x === 'option') checkOption(option, `${path}.option`, series, experiment);
  const windowMs = optional(fields['windowMs'], 20_000, (entry) => parseWindow(entry, `${path}.windowMs`));
  return { show, x, option, series, windowMs };
}

function refuseFields(fields: Fields, names: readonly string[], path: string, why: string): void {
  for (const name of names) {
    if (fields[name] === undefined) continue;
    throw new TetriError('out-of-range', `of no account here: ${why}`, `${path}.${name}`, fields[name]);
  }
}

/** Each policy has to have a place on the axis, and one of its own: two in one place would be taken for seeds of one policy. */
function checkOption(option: string, path: string, series: Axis, { policies }: Pick<Experiment, 'policies'>): void {
  const labelAt = new Map<number, string>();
  for (const { options, label } of policies) {
    const setting = (options as Fields)[option];
    if (typeof setting !== 'number') {
      const message = `expected a number in the options of every policy; ${label} has none`;
      throw new TetriError('out-of-range', message, path, option);
    }
    const other = labelAt.get(setting);
    if (other !== undefined && series !== 'policy') {
      const message = `expected another value for each policy; ${other} and ${label} both have ${inWords(setting)}`;
      throw new TetriError('out-of-range', message, path, option);
    }
    labelAt.set(setting, label);
  }
}

function parseWindow(value: unknown, path: string): number {
  const windowMs = duration(value, path);
  if (windowMs >= minWindowMs) return windowMs;
  throw new TetriError('out-of-range', `expected at least ${minWindowMs} ms, received ${inWords(value)}`, path, value);
}
