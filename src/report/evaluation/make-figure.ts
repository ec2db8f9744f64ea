import { group, range } from 'd3-array';
import type { Axis, Chart, Experiment } from '../../simulation/evaluation/index.js';
import { axisName, inWords, positionOn } from './axis-names.js';
import { estimate, type Estimate } from './estimate.js';
import type { Figure, Panel, Point, Series } from './figure.js';
import { boundOf, measured, ofShape, type Outcome } from './measures.js';

const axes: readonly Axis[] = ['mix', 'rate', 'sloScale', 'gpus', 'stepCv', 'slowdown', 'policy'];

/** The numbers of a chart, from the runs of its experiment. Panels without a point are left out. */
export function makeFigure(chart: Chart, experiment: Experiment, outcomes: readonly Outcome[]): Figure {
  const common = { isLog: false, isLogX: false, hasMarks: true } as const;
  switch (chart.show) {
    case 'attainment':
    case 'share-of-bound':
    case 'planning':
      return oneNumber(chart, experiment, outcomes);
    case 'by-shape': {
      const panels = panelsByPolicy(experiment, outcomes, { yName: 'SLO attainment, %', isShare: true }, (runs) =>
        points(experiment.shapes.map((shape) => [shape, ofShape(shape, runs)])),
      );
      return { ...common, form: 'bars', xName: 'shape', panels };
    }
    case 'latency': {
      const ended = { yName: 'requests that ended by then, %', isShare: true };
      const panels = panelsByPolicy(experiment, outcomes, ended, latencyCurve);
      return { ...common, form: 'lines', xName: 'latency, s', isLogX: true, hasMarks: false, panels };
    }
    case 'over-time': {
      const panels = [
        ...panelsByPolicy(experiment, outcomes, { yName: 'SLO attainment, %', isShare: true }, attainmentOverTime),
        ...panelsByPolicy(experiment, outcomes, { yName: 'mean degree', isShare: false }, degreeOverTime),
      ];
      return { ...common, form: 'lines', xName: 'time, min', hasMarks: false, panels };
    }
  }
}

/** What the vertical axis of a panel is. */
type Vertical = Pick<Panel, 'yName' | 'isShare'>;

function oneNumber(chart: Chart, experiment: Experiment, outcomes: readonly Outcome[]): Figure {
  const { show, x, option, series } = chart;
  const yName = {
    attainment: 'SLO attainment, %',
    'share-of-bound': 'SLO attainment over the bound, %',
    planning: 'mean time of a plan, ms',
  }[show as 'attainment'];
  const isPlanning = show === 'planning';
  const form = x === 'policy' || x === 'mix' ? 'bars' : 'lines';
  const hasBound = show === 'attainment' && experiment.bound && series === 'policy' && x !== 'option';
  const panels = panelsOf([x, series], option, experiment, outcomes, { yName, isShare: !isPlanning }, (own) => {
    const lines = seriesOf(series, option, experiment, own, (runs) =>
      pointsByX(chart, runs, (some) => measured(chart, some)),
    );
    return hasBound ? [...lines, { name: 'bound', points: pointsByX(chart, own, boundOf) }] : lines;
  });
  return {
    ...{ form, xName: axisName(x, option, experiment), panels },
    ...{ isLog: isPlanning && form === 'lines', isLogX: x === 'gpus', hasMarks: true },
  };
}

function pointsByX(
  { x, option }: Chart,
  outcomes: readonly Outcome[],
  valueOf: (outcomes: readonly Outcome[]) => Estimate | undefined,
): readonly Point[] {
  const byX = group(outcomes, ({ setting }) => positionOn(x, option, setting));
  return points([...byX].map(([position, some]) => [position, valueOf(some)]));
}

/** A panel for each combination of what varies and is not shown in it. */
function panelsOf(
  shown: readonly Axis[],
  option: string,
  experiment: Experiment,
  outcomes: readonly Outcome[],
  vertical: Vertical,
  seriesIn: (outcomes: readonly Outcome[]) => readonly Series[],
): readonly Panel[] {
  const others = axes.filter((axis) => !shown.includes(axis) && varies(axis, option, outcomes));
  const titleOf = ({ setting }: Outcome): string =>
    others.map((axis) => inWords(axis, positionOn(axis, option, setting), experiment)).join(', ');
  return [...group(outcomes, titleOf)]
    .map(([title, own]) => ({ title, ...vertical, series: seriesIn(own) }))
    .filter(({ series }) => series.some((own) => own.points.length > 0));
}

function panelsByPolicy(
  experiment: Experiment,
  outcomes: readonly Outcome[],
  vertical: Vertical,
  pointsOf: (outcomes: readonly Outcome[]) => readonly Point[],
): readonly Panel[] {
  return panelsOf(['policy'], '', experiment, outcomes, vertical, (own) =>
    seriesOf('policy', '', experiment, own, pointsOf),
  );
}

function varies(axis: Axis, option: string, outcomes: readonly Outcome[]): boolean {
  return new Set(outcomes.map(({ setting }) => positionOn(axis, option, setting))).size > 1;
}

function seriesOf(
  axis: Axis,
  option: string,
  experiment: Experiment,
  outcomes: readonly Outcome[],
  pointsOf: (outcomes: readonly Outcome[]) => readonly Point[],
): readonly Series[] {
  const bySeries = group(outcomes, ({ setting }) => inWords(axis, positionOn(axis, option, setting), experiment));
  return [...bySeries].map(([name, own]) => ({ name, points: pointsOf(own) }));
}

/** Numbers in their order, which need not be that of the grid; names as they come. */
function points(entries: readonly (readonly [number | string, Estimate | undefined])[]): readonly Point[] {
  return entries
    .flatMap(([x, y]) => (y === undefined ? [] : [{ x, y }]))
    .sort((a, b) => (typeof a.x === 'number' && typeof b.x === 'number' ? a.x - b.x : 0));
}

/** At each latency percentile of the seeds, averaged, the share of requests that had ended. */
function latencyCurve(outcomes: readonly Outcome[]): readonly Point[] {
  return range(1, 100).flatMap((percent): Point[] => {
    const values = outcomes.map(({ result }) => result.latencyPercentilesMs?.[percent] ?? null);
    if (values.includes(null)) return [];
    const share = percent / 100;
    return [
      {
        x: estimate(values as number[]).mean / 1000,
        y: { mean: share, low: share, high: share, count: values.length },
      },
    ];
  });
}

function attainmentOverTime(outcomes: readonly Outcome[]): readonly Point[] {
  return windowsOf(outcomes, ({ arrived, onTime }, window) =>
    (arrived[window] ?? 0) === 0 ? undefined : onTime[window]! / arrived[window]!,
  );
}

function degreeOverTime(outcomes: readonly Outcome[]): readonly Point[] {
  return windowsOf(outcomes, ({ meanDegree }, window) => meanDegree[window] ?? undefined);
}

/** One point for each window in which every seed has a value: the means of all points are over the same seeds, and so can be compared. */
function windowsOf(
  outcomes: readonly Outcome[],
  valueOf: (series: NonNullable<Outcome['result']['overTime']>, window: number) => number | undefined,
): readonly Point[] {
  const series = outcomes.flatMap(({ result }) => result.overTime ?? []);
  const count = Math.min(...series.map(({ arrived }) => arrived.length));
  return range(0, series.length === 0 ? 0 : count).flatMap((window): Point[] => {
    const values = series.flatMap((own) => valueOf(own, window) ?? []);
    return values.length < series.length
      ? []
      : [{ x: ((window + 0.5) * series[0]!.windowMs) / 60_000, y: estimate(values) }];
  });
}
