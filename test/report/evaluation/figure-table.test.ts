import { expect, test } from 'vitest';
import { figureTable } from '../../../src/report/evaluation/figure-table.js';
import type { Figure, Panel } from '../../../src/report/evaluation/figure.js';
import { interval } from './by-hand.js';

const marked = { form: 'lines', xName: 'SLO scale', isLog: false, isLogX: false, hasMarks: true } as const;
const shares = { yName: 'SLO attainment, %', isShare: true } as const;

function tableOf(panel: Panel, figure: Omit<Figure, 'panels'> = marked): string {
  return figureTable({ ...figure, panels: [panel] });
}

test('has mean and half of the interval, and no interval for one value', () => {
  const horizon = [
    { x: 1, y: interval(0.956, 0.123) },
    { x: 1.1, y: interval(1) },
  ];
  const edf = [{ x: 1, y: interval(0.5, 0, 1) }];
  const series = [
    { name: 'horizon', points: horizon },
    { name: 'edf', points: edf },
  ];
  expect(tableOf({ title: 'uniform mix', ...shares, series })).toBe(
    [
      'uniform mix: SLO attainment, %, by SLO scale',
      '',
      '|  | 1 | 1.1 |',
      '| --- | ---: | ---: |',
      '| horizon | 95.6 ± 12.3 | 100.0 ± 0.0 |',
      '| edf | 50.0 | - |',
      '',
    ].join('\n'),
  );
});

test('has its columns in order, though the first series lacks the first', () => {
  const series = [
    { name: 'a', points: [{ x: 10, y: interval(2.5, 0.25) }] },
    { name: 'b', points: [2, 10].map((x) => ({ x, y: interval(1) })) },
  ];
  const table = tableOf({ title: '', yName: 'ms', isShare: false, series });
  expect(table.split('\n').slice(2)).toEqual([
    '|  | 2 | 10 |',
    '| --- | ---: | ---: |',
    '| a | - | 2.50 ± 0.25 |',
    '| b | 1.00 ± 0.00 | 1.00 ± 0.00 |',
    '',
  ]);
});

test('has every window of a curve over time', () => {
  const xs = Array.from({ length: 30 }, (_, window) => (window + 0.5) / 3);
  const series = [{ name: 'edf', points: xs.map((x, window) => ({ x, y: interval(window / 100) })) }];
  const lines = tableOf({ title: '', ...shares, series }, { ...marked, xName: 'time, min', hasMarks: false }).split(
    '\n',
  );
  expect(lines[2]).toBe('| time, min | edf |');
  expect(lines.slice(4, 34)).toEqual(xs.map((x, window) => `| ${x.toFixed(2)} | ${window.toFixed(1)} ± 0.0 |`));
});

test('has the percentiles of a distribution, as far as it goes', () => {
  const points = Array.from({ length: 60 }, (_, index) => ({ x: 1 + index / 10, y: interval((index + 1) / 100) }));
  const figure = { ...marked, xName: 'latency, s', isLogX: true, hasMarks: false };
  const table = tableOf({ title: '', ...shares, series: [{ name: 'edf', points }] }, figure);
  expect(table).toContain('latency, s, by percentile');
  expect(table).toContain('|  | 10 | 25 | 50 | 75 | 90 | 95 | 99 |');
  expect(table).toContain('| edf | 1.90 | 3.40 | 5.90 | - | - | - | - |');
});

test('is not broken by a label', () => {
  const series = [{ name: 'a|b\n*c*', points: [{ x: '1|2', y: interval(0.5) }] }];
  const table = tableOf({ title: '+ scale-up', ...shares, series });
  expect(table).toContain(String.raw`\+ scale-up: SLO attainment`);
  expect(table).toContain(String.raw`|  | 1\|2 |`);
  expect(table).toContain(String.raw`| a\|b \*c\* | 50.0 ± 0.0 |`);
});
