import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalJson,
  defaultGrid,
  expandExperiment,
  expandGrid,
  isTimed,
  parseCellResult,
  parseGrid,
  type Cell,
} from '../../../src/simulation/evaluation/index.js';

const experiment = {
  id: 'a',
  title: 'A',
  profile: 'flux.1-dev_h100',
  shapes: ['256x256', '512x512'],
  rates: { unit: 'per-minute', values: [12] },
  slo: { base: 'paper', scales: [1] },
  policies: ['edf'],
  charts: [{ show: 'attainment' }],
};
const gridOf = (...fields: readonly object[]): unknown => ({
  schemaVersion: 1,
  title: 'T',
  experiments: fields.map((some) => ({ ...experiment, ...some })),
});

describe('parseGrid', () => {
  test('fills in defaults', () => {
    expect(parseGrid(gridOf({})).experiments[0]).toMatchObject({
      ...{ requests: 300, steps: 28, mixes: ['uniform'], arrivals: 'poisson', gpus: [8], domainSize: 8 },
      ...{ seeds: [1, 2, 3, 4, 5], stepCvs: [0], slowdowns: [1], bound: false },
      policies: [{ name: 'edf', label: 'edf', options: {} }],
      charts: [{ show: 'attainment', x: 'policy', option: '', series: 'mix', windowMs: 20_000 }],
    });
  });

  test('names a policy after its options', () => {
    const { policies } = parseGrid(
      gridOf({ policies: [{ name: 'horizon', options: { batching: false, maxForecasts: 2 } }] }),
    ).experiments[0]!;
    expect(policies[0]?.label).toBe('horizon (batching false, maxForecasts 2)');
  });

  test.each([
    [{ title: 5 }, 'invalid-type', 'experiments[0].title'],
    [{ id: 'A b' }, 'out-of-range', 'experiments[0].id'],
    [{ id: 'a--2' }, 'out-of-range', 'experiments[0].id'],
    [{ title: 'A\nB' }, 'out-of-range', 'experiments[0].title'],
    [{ typo: 1 }, 'unknown-field', 'experiments[0].typo'],
    [{ requests: 0 }, 'out-of-range', 'experiments[0].requests'],
    [{ requests: 100_001 }, 'out-of-range', 'experiments[0].requests'],
    [{ steps: 10_001 }, 'out-of-range', 'experiments[0].steps'],
    [{ shapes: [] }, 'empty', 'experiments[0].shapes'],
    [{ shapes: ['256x256', 'big'] }, 'invalid-shape', 'experiments[0].shapes[1]'],
    [{ mixes: ['uniform', 'odd'] }, 'invalid-shape', 'experiments[0].mixes[1]'],
    [{ mixes: ['uniform', '1024x1024'] }, 'out-of-range', 'experiments[0].mixes[1]'],
    [{ mixes: ['uniform', 'uniform'] }, 'out-of-range', 'experiments[0].mixes[1]'],
    [{ arrivals: 'never' }, 'out-of-range', 'experiments[0].arrivals'],
    [{ rates: { unit: 'per-hour', values: [1] } }, 'out-of-range', 'experiments[0].rates.unit'],
    [{ rates: { unit: 'load', values: [0] } }, 'out-of-range', 'experiments[0].rates.values[0]'],
    [{ slo: { base: 'paper', scales: [1, -1] } }, 'out-of-range', 'experiments[0].slo.scales[1]'],
    [{ slo: { base: 'paper', scale: 1 } }, 'unknown-field', 'experiments[0].slo.scale'],
    [{ gpus: [0] }, 'out-of-range', 'experiments[0].gpus[0]'],
    [{ gpus: [4097] }, 'out-of-range', 'experiments[0].gpus[0]'],
    [{ domainSize: 4097 }, 'out-of-range', 'experiments[0].domainSize'],
    [{ seeds: [1.5] }, 'out-of-range', 'experiments[0].seeds[0]'],
    [{ stepCvs: [1] }, 'out-of-range', 'experiments[0].stepCvs[0]'],
    [{ bound: true, stepCvs: [0.1] }, 'out-of-range', 'experiments[0].bound'],
    [{ policies: ['nobody'] }, 'unknown-policy', 'experiments[0].policies[0].name'],
    [{ policies: [{ name: 'edf', options: null }] }, 'invalid-type', 'experiments[0].policies[0].options'],
    [{ policies: [{ name: 'edf', options: [] }] }, 'invalid-type', 'experiments[0].policies[0].options'],
    [{ policies: [{ name: 'edf', label: 'a\nb' }] }, 'out-of-range', 'experiments[0].policies[0].label'],
    [
      { bound: true, policies: ['srpt', { name: 'edf', label: 'bound' }] },
      'out-of-range',
      'experiments[0].policies[1].label',
    ],
    [{ policies: ['edf', 'edf'] }, 'out-of-range', 'experiments[0].policies[1].label'],
    [
      { policies: [{ name: 'tetriserve', options: { scaleup: false } }] },
      'unknown-field',
      'experiments[0].policies[0].options.scaleup',
    ],
    [
      { policies: [{ name: 'tetriserve', options: { scaleUp: 1 } }] },
      'invalid-type',
      'experiments[0].policies[0].options.scaleUp',
    ],
    [
      { policies: [{ name: 'edf', options: { batching: true } }] },
      'unknown-field',
      'experiments[0].policies[0].options.batching',
    ],
    [{ charts: [] }, 'empty', 'experiments[0].charts'],
    [{ charts: [{ show: 'all' }] }, 'out-of-range', 'experiments[0].charts[0].show'],
    [{ charts: [{ show: 'attainment', x: 'mix', series: 'mix' }] }, 'out-of-range', 'experiments[0].charts[0].series'],
    [{ charts: [{ show: 'share-of-bound' }] }, 'out-of-range', 'experiments[0].charts[0].show'],
    [
      { charts: [{ show: 'attainment', x: 'option', option: 'stepGranularity' }] },
      'out-of-range',
      'experiments[0].charts[0].option',
    ],
    [{ charts: [{ show: 'attainment', option: 'chunkMs' }] }, 'out-of-range', 'experiments[0].charts[0].option'],
    [{ charts: [{ show: 'by-shape', x: 'gpus' }] }, 'out-of-range', 'experiments[0].charts[0].x'],
    [{ charts: [{ show: 'latency', series: 'mix' }] }, 'out-of-range', 'experiments[0].charts[0].series'],
    [{ charts: [{ show: 'attainment', windowMs: 5000 }] }, 'out-of-range', 'experiments[0].charts[0].windowMs'],
    [{ charts: [{ show: 'over-time', windowMs: 999 }] }, 'out-of-range', 'experiments[0].charts[0].windowMs'],
    [
      { charts: [{ show: 'over-time', windowMs: 5000 }, { show: 'latency' }, { show: 'over-time' }] },
      'out-of-range',
      'experiments[0].charts[2].windowMs',
    ],
  ])('refuses %j', (fields, code, path) => {
    expect(() => parseGrid(gridOf(fields))).toThrow(expect.objectContaining({ code, path }));
  });

  test('takes policies in one place on the axis of an option for one only where they are told apart', () => {
    const policies = [
      ...[1, 2].map((stepGranularity) => ({ name: 'tetriserve', options: { stepGranularity } })),
      { name: 'tetriserve', options: { stepGranularity: 2, batching: false } },
    ];
    const chart = { show: 'attainment', x: 'option', option: 'stepGranularity' };
    const chartOf = (some: readonly object[], more: object): unknown =>
      parseGrid(gridOf({ policies: some, charts: [{ ...chart, ...more }] })).experiments[0]!.charts[0];
    expect(chartOf(policies.slice(0, 2), {})).toMatchObject({ series: 'mix' });
    expect(chartOf(policies, { series: 'policy' })).toMatchObject({ series: 'policy' });
    for (const more of [{}, { series: 'gpus' }]) {
      expect(() => chartOf(policies, more)).toThrow(
        expect.objectContaining({ code: 'out-of-range', path: 'experiments[0].charts[0].option' }),
      );
    }
  });

  test('refuses an id that stands twice, and other versions', () => {
    expect(() => parseGrid(gridOf({}, {}))).toThrow(
      expect.objectContaining({ code: 'duplicate-experiment', path: 'experiments[1].id' }),
    );
    expect(() => parseGrid({ schemaVersion: 2 })).toThrow(
      expect.objectContaining({ code: 'unsupported-schema-version' }),
    );
  });
});

describe('expandGrid', () => {
  const lists = fc.record({
    mixes: fc.subarray(['uniform', 'skewed', '256x256'], { minLength: 1 }),
    gpus: fc.subarray([2, 4, 8], { minLength: 1 }),
    seeds: fc.subarray([1, 2, 3], { minLength: 1 }),
    stepCvs: fc.subarray([0, 0.05], { minLength: 1 }),
    slowdowns: fc.subarray([1, 1.1], { minLength: 1 }),
    policies: fc.subarray(['edf', 'srpt', 'horizon'], { minLength: 1 }),
  });

  test('gives every combination once', () => {
    fc.assert(
      fc.property(lists, (some) => {
        const cells = expandGrid(parseGrid(gridOf(some, { ...some, id: 'b' })));
        const count = Object.values(some).reduce((product, list) => product * list.length, 1);
        expect(cells).toHaveLength(count);
        expect(new Set(cells.map(canonicalJson)).size).toBe(count);
      }),
    );
  });

  test('adds one bound for each workload, and puts what is timed last', () => {
    const grid = parseGrid(
      gridOf({ id: 't', charts: [{ show: 'planning' }] }, { bound: true, policies: ['edf', 'srpt'], seeds: [1, 2] }),
    );
    const cells = expandGrid(grid);
    expect(cells.map(({ kind }) => kind).slice(0, 3)).toEqual(['bound', 'bound', 'run']);
    expect(cells.filter(({ kind }) => kind === 'bound')).toHaveLength(2);
    expect(cells.map(isTimed)).toEqual([...cells.map(isTimed)].sort());
    expect(cells.filter(isTimed)).toHaveLength(5);
  });

  test('says in the cell all that an experiment says of its runs', () => {
    const cellOf = (fields: object): string =>
      canonicalJson(expandExperiment(parseGrid(gridOf({ seeds: [1], ...fields })).experiments[0]!)[0]!.cell);
    const changes = [
      ...[{ profile: 'x' }, { requests: 2 }, { steps: 2 }, { shapes: ['256x256'] }, { mixes: ['skewed'] }],
      ...[{ arrivals: 'bursts' }, { rates: { unit: 'load', values: [12] } }],
      ...[{ rates: { unit: 'per-minute', values: [13] } }, { slo: { base: 'fastest', scales: [1] } }],
      ...[{ slo: { base: 'paper', scales: [2] } }, { gpus: [4] }, { domainSize: 4 }, { seeds: [2] }],
      ...[{ stepCvs: [0.1] }, { slowdowns: [2] }, { policies: ['srpt'] }],
      ...[{ policies: ['horizon'] }, { policies: [{ name: 'horizon', options: { batching: false } }] }],
      ...[{ charts: [{ show: 'latency' }] }, { charts: [{ show: 'planning' }] }],
      ...[{ charts: [{ show: 'over-time' }] }, { charts: [{ show: 'over-time', windowMs: 5000 }] }],
    ];
    const texts = [{}, ...changes].map(cellOf);
    expect(new Set(texts).size).toBe(texts.length);
    // Nor more than that: what is called otherwise is not run again.
    expect(cellOf({ id: 'z', title: 'Z', policies: [{ name: 'edf', label: 'mine' }] })).toBe(cellOf({}));
  });
});

test('canonical JSON does not depend on the order of keys', () => {
  expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: null })).toBe(canonicalJson({ a: null, b: [{ c: 2, d: 1 }] }));
  expect(canonicalJson({ a: [1, 2] })).not.toBe(canonicalJson({ a: [2, 1] }));
});

test('the built-in grid is what the published results are of', () => {
  const published = new URL('../../../docs/evaluation/results.json', import.meta.url);
  const { results } = JSON.parse(readFileSync(published, 'utf8')) as { results: { cell: Cell; result: unknown }[] };
  const texts = (cells: readonly Cell[]): ReadonlySet<string> => new Set(cells.map(canonicalJson));
  const [wanted, found] = [texts(expandGrid(parseGrid(defaultGrid))), texts(results.map(({ cell }) => cell))];
  const missing = [...wanted].filter((text) => !found.has(text));
  expect({ missing: missing.length, first: missing[0] }).toEqual({ missing: 0, first: undefined });
  expect(found.size).toBe(wanted.size);
  for (const { result } of results) expect(parseCellResult(result, '')).toBe(result);
});

test('the grid of docs/data.md is one', () => {
  const text = readFileSync(new URL('../../../docs/data.md', import.meta.url), 'utf8');
  const [, example = ''] = /## Evaluation grid[^]*?```json\n([^]*?)```/.exec(text) ?? [];
  const cells = expandGrid(parseGrid(JSON.parse(example)));
  // Two mixes, two rates and five seeds, for two policies and the bound.
  expect(cells).toHaveLength(2 * 2 * 5 * 3);
});
