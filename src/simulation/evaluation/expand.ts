import { cross } from 'd3-array';
import { canonicalJson } from './canonical-json.js';
import type { BoundCell, Cell, CellWorkload, RunCell } from './cell.js';
import type { EvaluationGrid, Experiment, PolicyChoice } from './grid.js';

/** Where a run stands in its experiment. */
export interface Setting {
  readonly mix: string;
  readonly rate: number;
  readonly sloScale: number;
  readonly gpus: number;
  readonly stepCv: number;
  readonly slowdown: number;
  readonly policy: PolicyChoice;
}

/** A run of an experiment: the same setting stands there once for each seed. */
export interface ExperimentRun {
  readonly setting: Setting;
  readonly seed: number;
  readonly cell: RunCell;
  /** What bounds it, if the experiment asks for that. */
  readonly bound: BoundCell | undefined;
}

/** Every combination of what an experiment lists; the seed changes fastest. */
export function expandExperiment(experiment: Experiment): readonly ExperimentRun[] {
  const { mixes, rates, slo, gpus, stepCvs, slowdowns, policies, seeds } = experiment;
  const keep = keptBy(experiment);
  const settings = combine({
    ...{ mix: mixes, rate: rates.values, sloScale: slo.scales, gpus },
    ...{ stepCv: stepCvs, slowdown: slowdowns, policy: policies },
  });
  return cross(settings, seeds, (setting, seed) => {
    const workload = workloadOf(experiment, setting, seed);
    const { name, options } = setting.policy;
    const cell: RunCell = { kind: 'run', ...workload, policy: { name, options }, stepCv: setting.stepCv, keep };
    return { setting, seed, cell, bound: experiment.bound ? { kind: 'bound', ...workload } : undefined };
  });
}

/**
 * All cells of a grid, none of them twice: first the bounds, which take longest, then runs, and those that are timed at the end.
 */
export function expandGrid(grid: EvaluationGrid): readonly Cell[] {
  const cells = new Map<string, Cell>();
  for (const { cell, bound } of grid.experiments.flatMap(expandExperiment)) {
    if (bound !== undefined) cells.set(canonicalJson(bound), bound);
    cells.set(canonicalJson(cell), cell);
  }
  return [...cells.values()].sort((a, b) => rank(a) - rank(b));
}

/** Whether a cell has to be run with nothing else going on. */
export function isTimed(cell: Cell): boolean {
  return cell.kind === 'run' && cell.keep.planning;
}

function rank(cell: Cell): number {
  if (cell.kind === 'bound') return 0;
  return isTimed(cell) ? 2 : 1;
}

function keptBy({ charts }: Experiment): RunCell['keep'] {
  const overTime = charts.find(({ show }) => show === 'over-time');
  return {
    latencies: charts.some(({ show }) => show === 'latency'),
    planning: charts.some(({ show }) => show === 'planning'),
    windowMs: overTime?.windowMs ?? null,
  };
}

function workloadOf(experiment: Experiment, setting: Setting, seed: number): CellWorkload {
  const { profile, requests, steps, shapes, arrivals, rates, slo, domainSize } = experiment;
  const { mix, rate, sloScale, gpus, slowdown } = setting;
  return {
    ...{ profile, requests, steps, shapes, mix, arrivals, gpus, domainSize, seed, slowdown },
    rate: { unit: rates.unit, value: rate },
    slo: { base: slo.base, scale: sloScale },
  };
}

/** One object for each choice of one value a field, the last field changing fastest. */
function combine<T extends object>(lists: { readonly [K in keyof T]: readonly T[K][] }): readonly T[] {
  let choices: readonly object[] = [{}];
  for (const [key, values] of Object.entries<readonly unknown[]>(lists)) {
    choices = choices.flatMap((fields) => values.map((value) => ({ ...fields, [key]: value })));
  }
  return choices as readonly T[];
}
