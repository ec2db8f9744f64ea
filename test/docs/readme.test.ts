import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readPage } from '../../scripts/site/markdown.mjs';

const { text, blocks } = readPage('README.md');

interface Result {
  readonly cell: {
    readonly kind: string;
    readonly profile: string;
    readonly mix: string;
    readonly rate: { readonly unit: string; readonly value: number };
    readonly slo: { readonly base: string; readonly scale: number };
    readonly shapes: readonly string[];
    readonly arrivals: string;
    readonly gpus: number;
    readonly slowdown: number;
    readonly stepCv?: number;
    readonly seed: number;
    readonly policy?: { readonly name: string; readonly options: object };
  };
  readonly result: { readonly sloAttainment?: number };
}

const { results } = JSON.parse(readFileSync('docs/evaluation/results.json', 'utf8')) as { results: readonly Result[] };

/** The attainment in %, mean over seeds, of a policy or of the bound in the workload that the README names. */
function attainmentOf(name: string, mix: string): string {
  const bySeed = new Map<number, number>();
  for (const { cell, result } of results) {
    const isWorkload =
      cell.profile === 'flux.1-dev_h100' &&
      cell.mix === mix &&
      cell.rate.unit === 'per-minute' &&
      cell.rate.value === 12;
    const isPlain =
      cell.slo.base === 'paper' && cell.slo.scale === 1 && cell.shapes.length === 4 && cell.arrivals === 'poisson';
    const isUsual = cell.gpus === 8 && cell.slowdown === 1 && (cell.stepCv ?? 0) === 0;
    const own = cell.kind === 'bound' ? 'bound' : cell.policy?.name;
    if (!isWorkload || !isPlain || !isUsual || own !== name || result.sloAttainment === undefined) continue;
    if (Object.keys(cell.policy?.options ?? {}).length === 0) bySeed.set(cell.seed, result.sloAttainment);
  }
  expect([...bySeed.keys()].toSorted()).toEqual([1, 2, 3, 4, 5]);
  const sum = [...bySeed.values()].reduce((total, share) => total + share, 0);
  return ((100 * sum) / bySeed.size).toFixed(1);
}

describe('README', () => {
  test('shows an example and its output', () => {
    const ofMark = (mark: string): unknown => blocks.find(({ marks }) => marks.has(mark))?.marks.get(mark);
    expect(ofMark('example')).toBe('examples/plan-round.ts');
    expect(ofMark('output')).toBe('examples/plan-round.ts');
  });

  const rows = [...text.matchAll(/^\|[^`\n]*`([\w-]+)`[^\n]*\| +\**([\d.]+)\** +\| +\**([\d.]+)\** +\|$/gm)].map(
    ([, name, uniform, skewed]) => ({ name: name!, uniform, skewed }),
  );

  test('compares', () => {
    expect(rows).toHaveLength(7);
  });

  test.each(rows)('has the figures that the evaluation has of $name', ({ name, uniform, skewed }) => {
    expect({ uniform, skewed }).toEqual({
      uniform: attainmentOf(name, 'uniform'),
      skewed: attainmentOf(name, 'skewed'),
    });
  });

  test('names the best fixed degree', () => {
    for (const mix of ['uniform', 'skewed']) {
      const shares = [1, 2, 4, 8].map((degree) => Number(attainmentOf(`fixed-${degree}`, mix)));
      expect(Math.max(...shares)).toBe(shares[3]);
    }
  });
});
