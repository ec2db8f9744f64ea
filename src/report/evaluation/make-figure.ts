import { group, range } from 'd3-array';
import type { Axis, Chart, Experiment } from '../../simulation/evaluation/index.js';
import { axisName, inWords, positionOn } from './axis-names.js';
import { estimate, type Estimate } from './estimate.js';
import type { Figure, Panel, Point, Series } from './figure.js';
import { measured, ofShape, type Outcome } from './measures.js';

const axes: readonly Axis[] = ['mix', 'rate', 'sloScale', 'gpus', 'stepCv', 'slowdown', 'policy'];

/** The numbers of a chart, from the runs of its experiment. */
export function makeFigure(chart: Chart, experiment: Experiment, outcomes: readonly Outcome[]): Figure {
  const common = { unit: 'share', isLog: false, isLogX: false, hasMarks: true } as const;
  switch (chart.show) {
    case 'attainment':
    case 'share-of-bound':
    case 'planning':
      return oneNumber(chart, experiment, outcomes);
    case 'by-shape': {
      const panels = panelsOf(['policy'], experiment, outcomes, 'SLO attainment, %', (own) =>
        seriesOf('policy', experiment, own, (runs) =>
          points(experiment.shapes.map((shape) => [shape, ofShape(shape, runs)])),
        ),
      );
      return { ...common, form: 'bars', xName: 'shape', panels };
    }
    case 'latency': {
      const panels = panelsOf(['policy'], experiment, outcomes, 'requests that ended by then, %', (own) =>
        seriesOf('policy', experiment, own, latencyCurve),
      );
      return { ...common, form: 'lines', xName: 'latency, s', isLogX: true, hasMarks: false, panels };
    }
    case 'over-time': {
      const attainment = panelsOf(['policy'], experiment, outcomes, 'SLO attainment, %', (own) =>
        seriesOf('policy', experiment, own, attainmentOverTime),
      );
      const degrees = panelsOf(['policy'], experiment, outcomes, 'mean degree', (own) =>
        seriesOf('policy', experiment, own, degreeOverTime),
      );
      return { ...common, form: 'lines', xName: 'time, min', hasMarks: false, panels: [...attainment, ...degrees] };
    }
  }
}

function oneNumber(chart: Chart, experiment: Experiment, outcomes: readonly Outcome[]): Figure {
  const { show, x, option, series } = chart;
  const yName = {
    attainment: 'SLO attainment, %',
    'share-of-bound': 'SLO attainment over the bound, %',
    planning: 'mean time of a plan, ms',
  }[show as 'attainment'];
  const form = x === 'policy' || x === 'mix' ? 'bars' : 'lines';
  // An option is one of the policy, which is told apart by it.
  const shown = x === 'option' ? (['policy', series] as const) : ([x, series] as const);
  const panels = panelsOf(shown, experiment, outcomes, yName, (own) => {
    const lines = seriesOf(series, experiment, own, (runs) => {
      const byX = group(runs, ({ setting }) => positionOn(x, option, setting));
      return points([...byX].map(([position, some]) => [position, measured(chart, some)]));
    });
    return show === 'attainment' && experiment.bound && series === 'policy' && x !== 'option'
      ? [...lines, boundSeries(chart, own)]
      : lines;
  });
  const isPlanning = show === 'planning';
  return {
    ...{ form, xName: axisName(x, option, experiment), unit: isPlanning ? 'number' : 'share', panels },
    ...{ isLog: isPlanning, isLogX: x === 'gpus', hasMarks: true },
  };
}

/** The same for all policies; those of one do. */
function boundSeries({ x, option }: Chart, outcomes: readonly Outcome[]): Series {
  const first = outcomes[0]?.setting.policy.label;
  const own = outcomes.filter(({ setting }) => setting.policy.label === first);
  const byX = group(own, ({ setting }) => positionOn(x, option, setting));
  const entries = [...byX].map(([position, runs]): [number | string, Estimate | undefined] => {
    const values = runs.flatMap(({ bound }) => bound?.sloAttainment ?? []);
    return [position, values.length === 0 ? undefined : estimate(values)];
  });
  return { name: 'bound', points: points(entries) };
}

/** A panel for each combination of what varies and is not shown in it. */
function panelsOf(
  shown: readonly Axis[],
  experiment: Experiment,
  outcomes: readonly Outcome[],
  yName: string,
  seriesIn: (outcomes: readonly Outcome[]) => readonly Series[],
): readonly Panel[] {
  const others = axes.filter((axis) => !shown.includes(axis) && varies(axis, outcomes));
  const titleOf = ({ setting }: Outcome): string =>
    others.map((axis) => inWords(axis, positionOn(axis, '', setting), experiment)).join(', ');
  return [...group(outcomes, titleOf)].map(([title, own]) => ({ title, yName, series: seriesIn(own) }));
}

function varies(axis: Axis, outcomes: readonly Outcome[]): boolean {
  return new Set(outcomes.map(({ setting }) => positionOn(axis, '', setting))).size > 1;
}

function seriesOf(
  axis: Axis,
  experiment: Experiment,
  outcomes: readonly Outcome[],
  pointsOf: (outcomes: readonly Outcome[]) => readonly Point[],
): readonly Series[] {
  const bySeries = group(outcomes, ({ setting }) => inWords(axis, positionOn(axis, '', setting), experiment));
  return [...bySeries].map(([name, own]) => ({ name, points: pointsOf(own) }));
}

function points(entries: readonly (readonly [number | string, Estimate | undefined])[]): readonly Point[] {
  return entries.flatMap(([x, y]) => (y === undefined ? [] : [{ x, y }]));
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

/** One point a window, where all seeds have a value: the last ones to stop would be told from others otherwise. */
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
