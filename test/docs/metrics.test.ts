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

const rows = [...page.matchAll(/^\| `(\w+)` +\| (\w+) +\| (.*?) *\| (.+?) *\|$/gm)];

/** What the table says that a metric means, by the name of the metric. */
const meanings: ReadonlyMap<string, string> = new Map(rows.map(([, name, , , meaning]) => [name!, meaning!]));

describe('the table', () => {
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
    uses.forEach(([, name, matchers = ''], i) => {
      const matched = [...matchers.matchAll(/(\w+)(?:=~?|![=~])"(.*?)"/g)];
      expect(known[i]).toEqual(expect.arrayContaining([...matched.map(([, label]) => label), ...grouping]));
      const values = matched.flatMap(([, , value]) => value!.split('|'));
      const meaning = meanings.get(name!.replace(/^tetri_|_total$/g, '')) ?? '';
      for (const value of values) expect(meaning).toContain(`\`${value}\``);
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
