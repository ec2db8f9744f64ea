import { Counter, Registry, register } from 'prom-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { metricCatalog, type GaugeReading, type MetricsSink } from '../../src/metrics/index.js';
import { promClientMetrics } from '../../src/metrics/prom-client.js';
import { TetriError } from '../../src/model/index.js';
import { parsePrometheusText, type Sample } from './prometheus-text.js';
import { counterNames, gaugeNames, histogramNames, labelsOf } from './samples.js';

function setUp(): { registry: Registry; sink: MetricsSink; scrape(): Promise<readonly Sample[]> } {
  const registry = new Registry();
  const sink = promClientMetrics({ registry });
  return { registry, sink, scrape: async () => parsePrometheusText(await registry.metrics()) };
}

/** The samples of one name. */
async function samplesOf(
  scrape: () => Promise<readonly Sample[]>,
  name: string,
): Promise<readonly Omit<Sample, 'name'>[]> {
  const samples = (await scrape()).filter((sample) => sample.name === name);
  return samples.map(({ labels, value }) => ({ labels, value }));
}

test('registers the whole catalog, with kind and help', async () => {
  const { registry } = setUp();
  const text = await registry.metrics();
  for (const [name, { kind, help }] of Object.entries(metricCatalog)) {
    const full = kind === 'counter' ? `tetri_${name}_total` : `tetri_${name}`;
    expect(text).toContain(`# HELP ${full} ${help}\n# TYPE ${full} ${kind}\n`);
  }
});

test.each(counterNames)('%s is counted', async (name) => {
  const { sink, scrape } = setUp();
  sink.count(name, 2, labelsOf(name));
  sink.count(name, 0.5, labelsOf(name));
  expect(await samplesOf(scrape, `tetri_${name}_total`)).toEqual([{ labels: labelsOf(name), value: 2.5 }]);
});

test.each(histogramNames)('%s fills its buckets', async (name) => {
  const { sink, scrape } = setUp();
  const bounds = metricCatalog[name].buckets ?? [];
  // One on each bound, which belongs to the bucket below, and one above all of them.
  const values = [...bounds, bounds.at(-1)! + 1];
  for (const value of values) sink.observe(name, value, labelsOf(name));
  const labels = labelsOf(name);
  expect(await samplesOf(scrape, `tetri_${name}_bucket`)).toEqual([
    ...bounds.map((bound, i) => ({ labels: { le: String(bound), ...labels }, value: i + 1 })),
    { labels: { le: '+Inf', ...labels }, value: values.length },
  ]);
  expect(await samplesOf(scrape, `tetri_${name}_count`)).toEqual([{ labels, value: values.length }]);
  expect((await samplesOf(scrape, `tetri_${name}_sum`))[0]?.value).toBeCloseTo(
    values.reduce((sum, value) => sum + value),
  );
});

test('the catalog is left as it is', () => {
  setUp();
  expect(Object.isFrozen(metricCatalog.latency_ms.buckets)).toBe(false);
});

test.each(gaugeNames)('%s is read at each scrape, and forgotten when it is not reported', async (name) => {
  const { sink, scrape } = setUp();
  let readings: GaugeReading[] = [{ name, labels: labelsOf(name), value: 3 }];
  sink.gauges(() => readings);
  expect(await samplesOf(scrape, `tetri_${name}`)).toEqual([{ labels: labelsOf(name), value: 3 }]);
  readings = [{ name, labels: labelsOf(name, 'b'), value: 4 }];
  expect(await samplesOf(scrape, `tetri_${name}`)).toEqual([{ labels: labelsOf(name, 'b'), value: 4 }]);
});

test('one gauge can be read alone', async () => {
  const { registry, sink } = setUp();
  sink.gauges(() => [{ name: 'requests', labels: { state: 'waiting' }, value: 3 }]);
  expect(await registry.getSingleMetricAsString('tetri_requests')).toContain('tetri_requests{state="waiting"} 3');
});

test('gauges of several schedulers come together', async () => {
  const { sink, scrape } = setUp();
  sink.gauges(() => [
    { name: 'gpus', labels: { state: 'idle' }, value: 3 },
    { name: 'slo_attainment', labels: { shape: '256x256' }, value: 0.5 },
  ]);
  sink.gauges(() => [
    { name: 'gpus', labels: { state: 'idle' }, value: 4 },
    { name: 'slo_attainment', labels: { shape: '256x256' }, value: 0.75 },
  ]);
  expect(await samplesOf(scrape, 'tetri_gpus')).toEqual([{ labels: { state: 'idle' }, value: 7 }]);
  expect(await samplesOf(scrape, 'tetri_slo_attainment')).toEqual([{ labels: { shape: '256x256' }, value: 0.75 }]);
});

test('ratios are not added up over the workers of a cluster', async () => {
  const { registry } = setUp();
  const aggregators = new Map((await registry.getMetricsAsJSON()).map(({ name, aggregator }) => [name, aggregator]));
  expect(aggregators.get('tetri_requests')).toBe('sum');
  expect(aggregators.get('tetri_slo_attainment')).toBe('average');
});

test('the format of OpenMetrics works as well', async () => {
  const registry = new Registry();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  const sink = promClientMetrics({ registry });
  sink.count('restarts', 2, {});
  const text = await registry.metrics();
  expect(text).toContain('# TYPE tetri_restarts counter\ntetri_restarts_total 2\n');
});

test('the default is the global registry and tetri_', async () => {
  onTestFinished(() => register.clear());
  promClientMetrics().count('restarts', 1, {});
  expect(await register.metrics()).toContain('tetri_restarts_total 1\n');
});

describe('prefix', () => {
  test('is what all names begin with', async () => {
    const registry = new Registry();
    promClientMetrics({ registry, prefix: 'flux:' }).count('restarts', 1, {});
    const text = await registry.metrics();
    expect(text).toContain('flux:restarts_total 1\n');
    expect(text).not.toContain('tetri');
  });

  test('may be empty', async () => {
    const registry = new Registry();
    promClientMetrics({ registry, prefix: '' });
    expect(await registry.metrics()).toContain('\nrestarts_total 0\n');
  });

  test.each(['tetri-', '1', 'a b', 'a\n'])('%j is refused', (prefix) => {
    const registry = new Registry();
    expect(() => promClientMetrics({ registry, prefix })).toThrow(
      expect.objectContaining({ code: 'out-of-range', path: 'prefix', received: prefix }),
    );
    expect(registry.getMetricsAsArray()).toEqual([]);
  });

  test('serves one sink of a registry', () => {
    const { registry } = setUp();
    expect(() => promClientMetrics({ registry })).toThrow(TetriError);
    expect(() => promClientMetrics({ registry })).toThrow(
      /^prefix: the registry has tetri_\w+ already; share one sink/,
    );
    expect(() => promClientMetrics({ registry, prefix: 'other_' })).not.toThrow();
  });

  test('registers nothing if one name is taken', () => {
    const registry = new Registry();
    new Counter({ name: 'tetri_plans_total', help: 'Not ours.', registers: [registry] });
    expect(() => promClientMetrics({ registry })).toThrow(TetriError);
    expect(registry.getMetricsAsArray()).toHaveLength(1);
  });
});
