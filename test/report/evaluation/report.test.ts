import { describe, expect, test } from 'vitest';
import { evaluationReport, type EvaluationReport } from '../../../src/report/evaluation/index.js';
import {
  canonicalJson,
  expandGrid,
  type Cell,
  type CellResult,
  type EvaluationGrid,
} from '../../../src/simulation/evaluation/index.js';
import { gridOf, result } from './by-hand.js';

const failed = { kind: 'failed', message: 'broken' } as const;

/** Horizon has 8 and 6 of ten on time with seeds 1 and 2, edf 5 and 5; bounds have 9. */
function tell(cell: Cell): CellResult {
  if (cell.kind === 'bound') return { kind: 'bound', requests: 10, onTime: 9, sloAttainment: 0.9 };
  return result(cell.policy.name === 'horizon' ? 10 - 2 * cell.seed : 5);
}

function reportOf(
  grid: EvaluationGrid,
  resultOf: (cell: Cell) => CellResult | undefined = tell,
  fields: object = {},
): EvaluationReport {
  const results = expandGrid(grid).flatMap((cell): [string, CellResult][] => {
    const told = resultOf(cell);
    return told === undefined ? [] : [[canonicalJson(cell), told]];
  });
  return evaluationReport({
    ...{ grid, results: new Map(results), command: 'tetri evaluate', version: '1.2.3', figureFolder: 'out/' },
    profiles: new Map([['flux.1-dev_h100', { model: 'a_model', accelerator: 'GPU', source: { kind: 'measured' } }]]),
    draw: ({ width, height }) => `<svg width="${width}" height="${height}"></svg>`,
    ...fields,
  });
}

describe('a report', () => {
  test('has figures, captions and numbers', () => {
    const { markdown, figures } = reportOf(gridOf({ bound: true }));
    expect([...figures]).toEqual([['small.svg', '<svg width="708" height="362">\n<title>Small</title></svg>\n']]);
    expect(markdown).toMatch(/^# By hand\n\n<!-- Written by tetri evaluate; changes by hand are lost. -->\n/);
    expect(markdown).toContain('version 1.2.3.');
    expect(markdown).toContain('![Small](out/small.svg)');
    expect(markdown).toContain(String.raw`a\_model on 8 x GPU, domains of 8. Step times were **measured**.`);
    expect(markdown).toContain("12 a minute; due after 1, 1.5 x the paper's deadlines. Seeds 1, 2.");
    expect(markdown).toContain('| horizon | 70.0 ± 127.1 | 70.0 ± 127.1 |');
    expect(markdown).toContain('| edf | 50.0 ± 0.0 | 50.0 ± 0.0 |');
    expect(markdown).toContain('| bound | 90.0 ± 0.0 | 90.0 ± 0.0 |');
    expect(markdown).not.toContain('no result');
  });

  test('is the same each time', () => {
    const grid = gridOf({ bound: true });
    expect(reportOf(grid)).toEqual(reportOf(grid));
  });

  test('counts what failed or is missing, bounds as well', () => {
    const grid = gridOf({ bound: true });
    const isHit = ({ seed, slo }: Cell): boolean => seed === 1 && slo.scale === 1;
    const { markdown } = reportOf(grid, (cell) => {
      if (!isHit(cell)) return tell(cell);
      return cell.kind === 'run' && cell.policy.name === 'edf' ? undefined : failed;
    });
    expect(markdown).toContain('**2 of 8 runs have no result and are left out.**');
    expect(markdown).toContain('**1 of 4 bounds have no result and are left out.**');
    // One seed is left at that scale, and so there is no interval.
    expect(markdown).toContain('| horizon | 60.0 | 70.0 ± 127.1 |');
    expect(markdown).toContain('| bound | 90.0 | 90.0 ± 0.0 |');
  });

  test('says so where there is nothing to draw', () => {
    const { markdown, figures } = reportOf(gridOf({}), () => failed);
    expect(figures.size).toBe(0);
    expect(markdown).toContain('**8 of 8 runs have no result and are left out.**');
    expect(markdown).toContain('_There is no result to draw._');
  });

  test('says what planning times are', () => {
    const charts = [{ show: 'planning', x: 'sloScale' }];
    const planning = { count: 4, meanUs: 250, p99Us: 300 };
    const { markdown } = reportOf(gridOf({ charts }), () => result(5, { planning }));
    expect(markdown).toContain('Real time of one machine');
    expect(markdown).toContain('An interval that reaches below the axis is cut there.');
    expect(markdown).toContain('| edf | 0.25 ± 0.00 | 0.25 ± 0.00 |');
  });
});

test('no two figures have one name', () => {
  const charts = [{ show: 'attainment', x: 'sloScale' }, { show: 'attainment' }];
  const { figures } = reportOf(gridOf({ id: 'a', charts }, { id: 'a-2', charts }));
  expect([...figures.keys()]).toEqual(['a.svg', 'a_2.svg', 'a-2.svg', 'a-2_2.svg']);
});

test('titles, labels, commands and folders break neither page nor figure', () => {
  const title = String.raw`$& $1 <b> & [x] a|b`;
  const grid = gridOf({ title, policies: [{ name: 'edf', label: 'a|b' }] });
  const { markdown, figures } = reportOf(grid, tell, { command: 'tetri `x` --> y', figureFolder: 'my dir/' });
  expect(figures.get('small.svg')).toContain('>\n<title>$&amp; $1 &lt;b> &amp; [x] a|b</title></svg>');
  const inText = String.raw`$& $1 \<b\> & \[x\] a\|b`;
  expect(markdown).toContain(`## ${inText}\n`);
  expect(markdown).toContain(`![${inText}](my%20dir/small.svg)`);
  expect(markdown).toContain(String.raw`| a\|b | 50.0 ± 0.0 |`);
  expect(markdown).toContain('Made by `` tetri `x` --> y ``.');
  expect(markdown).toContain('<!-- Written by tetri `x` -- > y; changes');
});
