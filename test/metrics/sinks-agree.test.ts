import type { HistogramMetricData } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import {
  memoryMetrics,
  metricCatalog,
  type GaugeReading,
  type MetricLabels,
  type MetricName,
} from '../../src/metrics/index.js';
import { openTelemetryMetrics } from '../../src/metrics/opentelemetry.js';
import { promClientMetrics } from '../../src/metrics/prom-client.js';
import { numbers, testMeter } from './otel.js';
import { parsePrometheusText } from './prometheus-text.js';
import { counterNames, gaugeNames, histogramNames } from './samples.js';

/** Eighths, so that sums do not depend on their order. */
const amounts = fc.nat(1000).map((n) => n / 8);
const times = fc.integer({ min: 0, max: 6_000_000 }).map((n) => n / 8);
const labelValues = fc.constantFrom('1024x1024', '8', 'a "quoted" one', 'back\\slash', 'two\nlines', 'ünï');

function labelsFor(name: MetricName): fc.Arbitrary<MetricLabels> {
  return fc.record(Object.fromEntries(metricCatalog[name].labels.map((label) => [label, labelValues])));
}

const counts = fc.constantFrom(...counterNames).chain((name) =>
  fc.record({
    kind: fc.constant('count' as const),
    name: fc.constant(name),
    value: amounts,
    labels: labelsFor(name),
  }),
);
const observations = fc.constantFrom(...histogramNames).chain((name) =>
  fc.record({
    kind: fc.constant('observe' as const),
    name: fc.constant(name),
    value: times,
    labels: labelsFor(name),
  }),
);
const readings: fc.Arbitrary<readonly GaugeReading[]> = fc.array(
  fc
    .constantFrom(...gaugeNames)
    .chain((name) => fc.record({ name: fc.constant(name), value: amounts, labels: labelsFor(name) })),
);

/** A series as one text. */
const seriesOf = (name: string, labels: object): string => `${name} ${JSON.stringify(Object.entries(labels).sort())}`;

test('all sinks tell the same', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(counts, observations)),
      fc.array(readings, { maxLength: 3 }),
      async (events, schedulers) => {
        const memory = memoryMetrics();
        const registry = new Registry();
        const { meter, collect } = testMeter();
        for (const sink of [memory, promClientMetrics({ registry }), openTelemetryMetrics(meter)]) {
          for (const scheduler of schedulers) sink.gauges(() => scheduler);
          for (const event of events) {
            if (event.kind === 'count') sink.count(event.name, event.value, event.labels);
            else sink.observe(event.name, event.value, event.labels);
          }
        }
        const samples = parsePrometheusText(await registry.metrics());
        const prometheus = new Map(samples.map(({ name, labels, value }) => [seriesOf(name, labels), value]));
        expect(prometheus.size).toBe(samples.length);
        const otel = await collect();

        for (const name of [...counterNames, ...gaugeNames]) {
          const values = memory.values(name);
          const full = metricCatalog[name].kind === 'counter' ? `tetri_${name}_total` : `tetri_${name}`;
          for (const { labels, value } of values) expect(prometheus.get(seriesOf(full, labels))).toBe(value);
          const attributes = numbers(otel.get(`tetri.${name.replace(/_ms$/, '')}`));
          expect(new Map(attributes.map((point) => [seriesOf(name, point.attributes), point.value]))).toEqual(
            new Map(values.map(({ labels, value }) => [seriesOf(name, labels), value])),
          );
        }
        const observed = events.filter((event) => event.kind === 'observe');
        for (const { name, labels } of observed) {
          const summary = memory.histogram(name, labels)!;
          expect(prometheus.get(seriesOf(`tetri_${name}_sum`, labels))).toBe(summary.sum);
          let sum = 0;
          summary.buckets.forEach((count, i) => {
            sum += count;
            const le = String(metricCatalog[name].buckets?.[i] ?? '+Inf');
            expect(prometheus.get(seriesOf(`tetri_${name}_bucket`, { ...labels, le }))).toBe(sum);
          });
          expect(sum).toBe(summary.count);
          const { count, sum: total, min, max, buckets } = pointOf(otel, `tetri.${name.replace(/_ms$/, '')}`, labels)!;
          expect({ count, sum: total, min, max, buckets: buckets.counts }).toEqual(summary);
        }
      },
    ),
  );
});

/** One histogram of OpenTelemetry. */
function pointOf(
  metrics: Awaited<ReturnType<ReturnType<typeof testMeter>['collect']>>,
  name: string,
  labels: MetricLabels,
): HistogramMetricData['dataPoints'][number]['value'] | undefined {
  const points = (metrics.get(name) as HistogramMetricData | undefined)?.dataPoints ?? [];
  return points.find(({ attributes }) => seriesOf(name, attributes) === seriesOf(name, labels))?.value;
}
