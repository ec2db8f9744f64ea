import { describe, expect, test } from 'vitest';
import { makeFigure } from '../../../src/report/evaluation/make-figure.js';
import type { Figure } from '../../../src/report/evaluation/figure.js';
import type { Outcome } from '../../../src/report/evaluation/measures.js';
import type { Experiment, ExperimentRun } from '../../../src/simulation/evaluation/index.js';
import { experimentOf, meansOf, outcomesOf, result } from './by-hand.js';

function draw(experiment: Experiment, outcomes: readonly Outcome[]): Figure {
  return makeFigure(experiment.charts[0]!, experiment, outcomes);
}

/** Horizon has 8 and 6 on time with seeds 1 and 2, edf 5 and 5; looser deadlines give two more. */
function onTime({ setting, seed }: ExperimentRun): number {
  const base = setting.policy.name === 'horizon' ? 10 - 2 * seed : 5;
  return base + (setting.sloScale > 1 ? 2 : 0);
}

const told = (run: ExperimentRun): ReturnType<typeof result> => result(onTime(run));

describe('attainment', () => {
  test('is the mean over seeds with its interval, a series for each policy', () => {
    const experiment = experimentOf();
    const figure = draw(experiment, outcomesOf(experiment, told));
    expect(figure).toMatchObject({ form: 'lines', isLog: false, isLogX: false, hasMarks: true });
    expect(figure.panels).toHaveLength(1);
    expect(figure.panels[0]).toMatchObject({ title: '', yName: 'SLO attainment, %', isShare: true });
    expect(meansOf(figure)).toEqual({
      'SLO attainment, %': {
        horizon: [
          [1, 0.7],
          [1.5, 0.9],
        ],
        edf: [
          [1, 0.5],
          [1.5, 0.7],
        ],
      },
    });
    // Student's t of one degree of freedom, times half of the distance of the two.
    const { low, high, count } = figure.panels[0]!.series[0]!.points[0]!.y;
    expect(count).toBe(2);
    expect(high - 0.7).toBeCloseTo(12.706 * 0.1, 6);
    expect(0.7 - low).toBeCloseTo(12.706 * 0.1, 6);
  });

  test('has a panel for each combination of what varies besides', () => {
    const experiment = experimentOf({ mixes: ['uniform', 'skewed'], gpus: [8, 16] });
    const figure = draw(
      experiment,
      outcomesOf(experiment, ({ setting }) => result(setting.mix === 'uniform' ? setting.gpus / 8 : 5)),
    );
    const titles = ['uniform mix, 8 GPUs', 'uniform mix, 16 GPUs', 'skewed mix, 8 GPUs', 'skewed mix, 16 GPUs'];
    expect(figure.panels.map(({ title }) => title)).toEqual(titles);
    expect(figure.panels.map(({ series }) => series[0]!.points[0]!.y.mean)).toEqual([0.1, 0.2, 0.5, 0.5]);
  });

  test('runs along the axis, in whatever order the grid lists it', () => {
    const experiment = experimentOf({ slo: { base: 'paper', scales: [1.5, 1] } });
    const [panel] = draw(experiment, outcomesOf(experiment, told)).panels;
    for (const { points } of panel!.series) expect(points.map(({ x }) => x)).toEqual([1, 1.5]);
  });

  test('has no panel where nothing ran', () => {
    const experiment = experimentOf();
    expect(draw(experiment, []).panels).toEqual([]);
  });
});

describe('the bound', () => {
  const experiment = experimentOf({ bound: true });
  const boundOf = ({ setting, seed }: ExperimentRun): number => (setting.sloScale === 1 ? 11 - 2 * seed : 10);
  const bound = [
    [1, 0.8],
    [1.5, 1],
  ];

  test('counts once a seed, however many policies have it', () => {
    const [panel] = draw(experiment, outcomesOf(experiment, told, boundOf)).panels;
    const { name, points } = panel!.series.at(-1)!;
    expect(name).toBe('bound');
    expect(points.map(({ x, y }) => [x, y.mean])).toEqual(bound);
    expect(points.map(({ y }) => y.count)).toEqual([2, 2]);
  });

  test('stays where the first policy failed', () => {
    const failing = (run: ExperimentRun): ReturnType<typeof told> | undefined =>
      run.setting.policy.name === 'horizon' && run.setting.sloScale === 1 ? undefined : told(run);
    const [panel] = draw(experiment, outcomesOf(experiment, failing, boundOf)).panels;
    const bySeries = new Map(panel!.series.map(({ name, points }) => [name, points]));
    expect(bySeries.get('horizon')!.map(({ x }) => x)).toEqual([1.5]);
    expect(bySeries.get('bound')!.map(({ x, y }) => [x, y.mean])).toEqual(bound);
  });

  test('is what a share is taken of, seed by seed', () => {
    const shares = experimentOf({ bound: true, charts: [{ show: 'share-of-bound', x: 'sloScale' }] });
    const figure = draw(shares, outcomesOf(shares, told, boundOf));
    expect(meansOf(figure)).toEqual({
      'SLO attainment over the bound, %': {
        horizon: [
          [1, Number(((8 / 9 + 6 / 7) / 2).toFixed(6))],
          [1.5, 0.9],
        ],
        edf: [
          [1, Number(((5 / 9 + 5 / 7) / 2).toFixed(6))],
          [1.5, 0.7],
        ],
      },
    });
  });
});

describe('an option on the axis', () => {
  const chart = { show: 'attainment', x: 'option', option: 'stepGranularity', series: 'mix' };
  const slo = { base: 'paper', scales: [1] };
  const granularity = ({ setting }: ExperimentRun): number =>
    (setting.policy.options as { stepGranularity: number }).stepGranularity;

  test('makes one line of policies that differ in it alone', () => {
    const policies = [5, 1].map((stepGranularity) => ({ name: 'tetriserve', options: { stepGranularity } }));
    const experiment = experimentOf({ slo, policies, charts: [chart] });
    const figure = draw(
      experiment,
      outcomesOf(experiment, (run) => result(granularity(run))),
    );
    expect(meansOf(figure)).toEqual({
      'SLO attainment, %': {
        'uniform mix': [
          [1, 0.1],
          [5, 0.5],
        ],
      },
    });
  });

  test('does not take other policies for other seeds', () => {
    const policies = [true, false].flatMap((scaleUp) =>
      [1, 5].map((stepGranularity) => ({ name: 'tetriserve', options: { scaleUp, stepGranularity } })),
    );
    const experiment = experimentOf({ slo, policies, charts: [{ ...chart, series: 'policy' }] });
    const runs = outcomesOf(experiment, (run) =>
      result(granularity(run) + ((run.setting.policy.options as { scaleUp: boolean }).scaleUp ? 4 : 0)),
    );
    const figure = makeFigure({ ...experiment.charts[0]!, series: 'mix' }, experiment, runs);
    expect(meansOf(figure)).toEqual({
      'tetriserve (scaleUp true): SLO attainment, %': {
        'uniform mix': [
          [1, 0.5],
          [5, 0.9],
        ],
      },
      'tetriserve (scaleUp false): SLO attainment, %': {
        'uniform mix': [
          [1, 0.1],
          [5, 0.5],
        ],
      },
    });
    for (const { series } of figure.panels) expect(series[0]!.points.map(({ y }) => y.count)).toEqual([2, 2]);
    const byPolicy = draw(experiment, runs);
    expect(byPolicy.panels.map(({ series }) => series.map(({ name }) => name))).toEqual([
      ['tetriserve (scaleUp true)', 'tetriserve (scaleUp false)'],
    ]);
  });
});

test('planning is in milliseconds, and logarithmic where it is a line', () => {
  const slo = { base: 'paper', scales: [1] };
  const planning = (run: ExperimentRun): ReturnType<typeof result> =>
    result(5, { planning: { count: 3, meanUs: 100 * run.seed, p99Us: 500 } });
  const lines = experimentOf({ slo, gpus: [8, 16], charts: [{ show: 'planning', x: 'gpus' }] });
  const figure = draw(lines, outcomesOf(lines, planning));
  expect(figure).toMatchObject({ form: 'lines', isLog: true, isLogX: true });
  expect(figure.panels[0]).toMatchObject({ isShare: false });
  const means = [
    [8, 0.15],
    [16, 0.15],
  ];
  expect(meansOf(figure)).toEqual({ 'mean time of a plan, ms': { horizon: means, edf: means } });
  const bars = experimentOf({ slo, charts: [{ show: 'planning' }] });
  expect(draw(bars, outcomesOf(bars, planning))).toMatchObject({ form: 'bars', isLog: false });
});

test('by shape, a shape that a seed never drew does not count', () => {
  const experiment = experimentOf({ slo: { base: 'paper', scales: [1] }, charts: [{ show: 'by-shape' }] });
  const figure = draw(
    experiment,
    outcomesOf(experiment, ({ seed }) =>
      result(5, {
        perShape: {
          '512x512': { requests: 4, onTime: seed },
          ...(seed === 1 && { '256x256': { requests: 5, onTime: 4 } }),
        },
      }),
    ),
  );
  const means = [
    ['256x256', 0.8],
    ['512x512', 0.375],
  ];
  expect(figure.form).toBe('bars');
  expect(meansOf(figure)).toEqual({ 'SLO attainment, %': { horizon: means, edf: means } });
  expect(figure.panels[0]!.series[0]!.points.map(({ y }) => y.count)).toEqual([1, 2]);
});

test('latencies are averaged percentile by percentile, as far as all seeds have them', () => {
  const experiment = experimentOf({ slo: { base: 'paper', scales: [1] }, charts: [{ show: 'latency' }] });
  const figure = draw(
    experiment,
    outcomesOf(experiment, ({ seed }) => {
      const latencyPercentilesMs = Array.from({ length: 101 }, (_, percent) =>
        seed === 2 && percent > 60 ? null : 1000 * seed + percent,
      );
      return result(5, { latencyPercentilesMs });
    }),
  );
  expect(figure).toMatchObject({ form: 'lines', isLogX: true, hasMarks: false });
  const { points } = figure.panels[0]!.series[0]!;
  expect(points).toHaveLength(60);
  expect(points.map(({ x, y }) => [x, y.mean])[49]).toEqual([1.55, 0.5]);
});

test('over time, a window has a point where every seed has a value', () => {
  const experiment = experimentOf({
    ...{ slo: { base: 'paper', scales: [1] }, policies: ['edf'], charts: [{ show: 'over-time', windowMs: 30_000 }] },
  });
  const overTime = ({ seed }: ExperimentRun): ReturnType<typeof result> =>
    result(5, {
      overTime:
        seed === 1
          ? { windowMs: 30_000, arrived: [4, 2, 0, 1], onTime: [4, 1, 0, 1], meanDegree: [2, null, 4, 1] }
          : { windowMs: 30_000, arrived: [4, 2, 3], onTime: [2, 0, 3], meanDegree: [3, 1, 8] },
    });
  const figure = draw(experiment, outcomesOf(experiment, overTime));
  expect(meansOf(figure)).toEqual({
    'SLO attainment, %': {
      edf: [
        [0.25, 0.75],
        [0.75, 0.25],
      ],
    },
    'mean degree': {
      edf: [
        [0.25, 2.5],
        [1.25, 6],
      ],
    },
  });
  expect(figure.panels.map(({ isShare }) => isShare)).toEqual([true, false]);
});
