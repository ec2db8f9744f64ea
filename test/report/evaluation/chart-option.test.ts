import { init, type BarSeriesOption, type CustomSeriesOption, type LineSeriesOption } from 'echarts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chartOption } from '../../../src/report/evaluation/chart-option.js';
import type { Figure, Series } from '../../../src/report/evaluation/figure.js';
import { interval } from './by-hand.js';

interface Drawn {
  readonly xAxis: readonly { readonly min?: number; readonly max?: number; readonly data?: readonly string[] }[];
  readonly yAxis: readonly { readonly type: string; readonly min: number; readonly max?: number }[];
  readonly series: readonly (LineSeriesOption | BarSeriesOption | CustomSeriesOption)[];
}

function figureOf(series: readonly Series[], fields: Partial<Figure> = {}, isShare = true): Figure {
  return {
    ...({ form: 'lines', xName: 'x', isLog: false, isLogX: false, hasMarks: true } as const),
    panels: [{ title: '', yName: isShare ? 'SLO attainment, %' : 'ms', isShare, series }],
    ...fields,
  };
}

function drawn(figure: Figure): Drawn {
  return chartOption(figure, 'title').option as unknown as Drawn;
}

function svgOf(figure: Figure): string {
  const { width, height, option } = chartOption(figure, 'title');
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption(option);
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

/** All numbers in an option, wherever they stand. */
function numbersIn(value: unknown): readonly number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

const whiskersOf = ({ series }: Drawn): readonly unknown[] =>
  series.filter(({ type }) => type === 'custom').map(({ data }) => data);

describe('lines', () => {
  test('have their means in per cent, and intervals that end where shares do', () => {
    const points = [
      { x: 1, y: interval(0.95, 0.1) },
      { x: 2, y: interval(0.75, 0.0625) },
    ];
    const option = drawn(figureOf([{ name: 'edf', points }]));
    expect(option.series[0]).toMatchObject({
      type: 'line',
      name: 'edf',
      data: [
        [1, 95],
        [2, 75],
      ],
    });
    expect(whiskersOf(option)).toEqual([
      [
        [1, 85, 100],
        [2, 68.75, 81.25],
      ],
    ]);
    expect(option.xAxis[0]).toMatchObject({ min: 1, max: 2 });
    expect(option.yAxis[0]).toMatchObject({ type: 'value', min: 60, max: 100 });
  });

  test('have no interval for one seed', () => {
    const points = [
      { x: 1, y: interval(0.5, 0, 1) },
      { x: 2, y: interval(0.5, 0, 2) },
    ];
    expect(whiskersOf(drawn(figureOf([{ name: 'edf', points }])))).toEqual([[[2, 50, 50]]]);
  });

  test('have room around a single value, on both axes', () => {
    for (const isLogX of [false, true]) {
      const option = drawn(figureOf([{ name: 'edf', points: [{ x: 8, y: interval(1) }] }], { isLogX }));
      const { min, max } = option.xAxis[0]!;
      expect(min).toBeLessThan(8);
      expect(max).toBeGreaterThan(8);
      expect(option.yAxis[0]!.min).toBe(90);
    }
    const zero = drawn(figureOf([{ name: 'edf', points: [{ x: 0, y: interval(1) }] }]));
    expect(zero.xAxis[0]).toMatchObject({ min: -1, max: 1 });
  });

  test('share one range in all panels', () => {
    const panels = [0.32, 0.9].map((mean) => ({
      ...{ title: String(mean), yName: 'SLO attainment, %', isShare: true },
      series: [{ name: 'edf', points: [{ x: 1, y: interval(mean) }] }],
    }));
    const { yAxis } = drawn(figureOf([], { panels }));
    expect(yAxis.map(({ min, max }) => [min, max])).toEqual([
      [30, 100],
      [30, 100],
    ]);
  });
});

test('a logarithmic axis cuts intervals at its end, and has no place for 0', () => {
  const points = [
    { x: 8, y: interval(0.1, 0.3) },
    { x: 16, y: interval(0.05, 0.01) },
    { x: 32, y: interval(0) },
  ];
  const figure = figureOf([{ name: 'edf', points }], { isLog: true, isLogX: true }, false);
  const option = drawn(figure);
  expect(option.yAxis[0]).toMatchObject({ type: 'log', min: 0.01, max: 1 });
  expect(whiskersOf(option)).toEqual([
    [
      [8, 0.01, 0.4],
      [16, 0.04, 0.06],
    ],
  ]);
  expect(svgOf(figure)).not.toMatch(/NaN|Infinity/);
});

describe('bars', () => {
  const bars = { form: 'bars' } as const;
  const series = [
    { name: 'edf', points: [{ x: 'a', y: interval(0.5, 0.25) }] },
    { name: 'bound', points: ['b', 'a'].map((x) => ({ x, y: interval(0.75) })) },
  ];

  test('start at 0, and leave out what is missing', () => {
    const option = drawn(figureOf(series, bars));
    expect(option.xAxis[0]!.data).toEqual(['a', 'b']);
    expect(option.yAxis[0]).toMatchObject({ min: 0, max: 100 });
    expect(option.series.filter(({ type }) => type === 'bar').map(({ data }) => data)).toEqual([
      [50, '-'],
      [75, 75],
    ]);
    expect(whiskersOf(option)).toEqual([
      [[0, 25, 75]],
      [
        [1, 75, 75],
        [0, 75, 75],
      ],
    ]);
  });

  test('are white for the bound', () => {
    const option = drawn(figureOf(series, bars));
    expect(option.series[2]).toMatchObject({ name: 'bound', itemStyle: { color: '#ffffff' } });
  });
});

test('every chart is finite, whatever is in it, and the same each time', () => {
  const estimates = fc
    .record({
      mean: fc.integer({ min: 0, max: 1000 }),
      half: fc.integer({ min: 0, max: 2000 }),
      count: fc.integer({ min: 1, max: 3 }),
    })
    .map(({ mean, half, count }) => interval(mean / 1000, count === 1 ? 0 : half / 1000, count));
  const point = (names: boolean): fc.Arbitrary<Series['points'][number]> =>
    fc.record({ x: names ? fc.constantFrom('a', 'b') : fc.constantFrom(0, 1, 2, 8, 12.5), y: estimates });
  const figures = fc
    .record({
      isBars: fc.boolean(),
      isShare: fc.boolean(),
      ...{ isLog: fc.boolean(), isLogX: fc.boolean(), hasMarks: fc.boolean() },
    })
    .chain(({ isBars, isShare, isLog, isLogX, hasMarks }) =>
      fc
        .uniqueArray(fc.record({ name: fc.constantFrom('edf', 'bound', 'x'), points: fc.array(point(isBars)) }), {
          selector: ({ name }) => name,
          minLength: 1,
        })
        .map((series) =>
          isBars
            ? figureOf(series, { form: 'bars' }, isShare)
            : figureOf(series, { isLog: isLog && !isShare, isLogX, hasMarks }, isShare),
        ),
    );
  fc.assert(
    fc.property(figures, (figure) => {
      expect(numbersIn(chartOption(figure, 'title')).every(Number.isFinite)).toBe(true);
      expect(svgOf(figure)).not.toMatch(/NaN|Infinity/);
      expect(JSON.stringify(chartOption(figure, 'title'))).toBe(JSON.stringify(chartOption(figure, 'title')));
    }),
    { numRuns: 60 },
  );
});
