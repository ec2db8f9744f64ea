import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { manifest } from '../../scripts/entry-points.mjs';
import { metricCatalog } from '../../src/metrics/index.js';

const page = readFileSync('docs/metrics.md', 'utf8');

/** The code blocks in a language. */
function blocks(language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map((match) => match[1]!);
}

/** What Prometheus calls the series of the catalog, each with its labels. */
const series: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(metricCatalog).flatMap(([name, { kind, labels }]) => {
    if (kind === 'counter') return [[`tetri_${name}_total`, labels] as const];
    if (kind === 'gauge') return [[`tetri_${name}`, labels] as const];
    return ['_bucket', '_sum', '_count'].map((part) => [`tetri_${name}${part}`, [...labels, 'le']] as const);
  }),
);

describe('the table', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` +\| (\w+) +\| (.*?) *\| (.+?) *\|$/gm)];

  test('has the metrics of the catalog, in its order', () => {
    expect(rows.map(([, name]) => name)).toEqual(Object.keys(metricCatalog));
  });

  test.each(rows.map(([, name, kind, labels, meaning]) => ({ name, kind, labels, meaning })))(
    'is right about $name',
    ({ name, kind, labels, meaning }) => {
      const metric = metricCatalog[name as keyof typeof metricCatalog];
      expect(kind).toBe(metric.kind);
      expect(labels).toBe(metric.labels.map((label) => `\`${label}\``).join(', '));
      expect(meaning).not.toBe('');
    },
  );
});

describe('queries and alerts', () => {
  const alerts = [
    ...blocks('yaml')
      .join('\n')
      .matchAll(/expr: (?:\|\n((?: {10,}.*\n)+)|(.*))/g),
  ];
  const queries = [...blocks('promql'), ...alerts.map(([, long, short]) => long ?? short!)];

  test('are found', () => {
    expect(alerts).toHaveLength(page.match(/- alert:/g)!.length);
    expect(queries.length).toBeGreaterThan(alerts.length + 5);
  });

  test.each(queries)('%s', (query) => {
    const uses = [...query.matchAll(/(tetri_\w+)(?:\{(.*?)\})?/g)];
    expect(uses.length).toBeGreaterThan(0);
    const known = uses.map(([, name]) => series.get(name!) ?? `${name} does not exist`);
    const grouping = [...query.matchAll(/by \((.*?)\)/g)].flatMap(([, labels]) => labels!.split(', '));
    uses.forEach(([, , matchers = ''], i) => {
      const matched = [...matchers.matchAll(/(\w+)(?:=|!)/g)].map(([, label]) => label);
      expect(known[i]).toEqual(expect.arrayContaining([...matched, ...grouping]));
    });
  });
});

test('code imports what there is', () => {
  const imports = [
    ...blocks('ts')
      .join('\n')
      .matchAll(/from '@tetri\/scheduler\/(.+)'/g),
  ].map(([, path]) => `./${path}`);
  expect(new Set(imports)).toEqual(new Set(['./metrics/prom-client', './metrics/opentelemetry', './scheduler']));
  expect(Object.keys(manifest.exports)).toEqual(expect.arrayContaining(imports));
});
