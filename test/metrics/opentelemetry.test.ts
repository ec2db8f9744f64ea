import { createNoopMeter } from '@opentelemetry/api';
import { AggregationTemporality, DataPointType, type HistogramMetricData } from '@opentelemetry/sdk-metrics';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { metricCatalog, type GaugeReading } from '../../src/metrics/index.js';
import { openTelemetryMetrics } from '../../src/metrics/opentelemetry.js';
import { listenToComplaints, numbers, testMeter } from './otel.js';
import { counterNames, gaugeNames, histogramNames, labelsOf } from './samples.js';

let ear: ReturnType<typeof listenToComplaints>;
beforeEach(() => {
  ear = listenToComplaints();
});
afterEach(() => {
  ear.stop();
  expect(ear.complaints).toEqual([]);
});

/** What a metric is called: the unit stands apart. */
const otelName = (name: string): string => `tetri.${name.replace(/_ms$/, '')}`;

test.each(counterNames)('%s is counted', async (name) => {
  const { meter, collect } = testMeter();
  const sink = openTelemetryMetrics(meter);
  sink.count(name, 2, labelsOf(name));
  sink.count(name, 0.5, labelsOf(name));
  const metric = (await collect()).get(otelName(name));
  const { help: description, unit = '' } = metricCatalog[name];
  expect(metric).toMatchObject({ descriptor: { description, unit }, isMonotonic: true });
  expect(numbers(metric)).toEqual([{ attributes: labelsOf(name), value: 2.5 }]);
});

test.each(histogramNames)('%s fills its buckets', async (name) => {
  const { meter, collect } = testMeter();
  const sink = openTelemetryMetrics(meter);
  const boundaries = metricCatalog[name].buckets ?? [];
  const values = [...boundaries, boundaries.at(-1)! + 1];
  for (const value of values) sink.observe(name, value, labelsOf(name));
  const metric = (await collect()).get(otelName(name)) as HistogramMetricData;
  const { help: description } = metricCatalog[name];
  expect(metric).toMatchObject({ descriptor: { description, unit: 'ms' }, dataPointType: DataPointType.HISTOGRAM });
  expect(metric.dataPoints).toHaveLength(1);
  expect(metric.dataPoints[0]).toMatchObject({
    attributes: labelsOf(name),
    value: { buckets: { boundaries, counts: values.map(() => 1) }, count: values.length, min: values[0] },
  });
});

test.each(gaugeNames)('%s is read at each collection', async (name) => {
  const { meter, collect } = testMeter();
  let readings: GaugeReading[] = [{ name, labels: labelsOf(name), value: 3 }];
  openTelemetryMetrics(meter).gauges(() => readings);
  const metric = (await collect()).get(otelName(name));
  expect(metric?.descriptor).toMatchObject({ description: metricCatalog[name].help, unit: '' });
  expect(numbers(metric)).toEqual([{ attributes: labelsOf(name), value: 3 }]);
  readings = [{ name, labels: labelsOf(name), value: 1 }];
  expect(numbers((await collect()).get(otelName(name)))).toEqual([{ attributes: labelsOf(name), value: 1 }]);
});

test('counts can be added up by whoever gets them, ratios cannot', async () => {
  const { meter, collect } = testMeter();
  openTelemetryMetrics(meter).gauges(() => gaugeNames.map((name) => ({ name, labels: labelsOf(name), value: 1 })));
  const kinds = [...(await collect())].map(([name, metric]) => [name, metric.dataPointType] as const);
  expect(Object.fromEntries(kinds)).toEqual({
    'tetri.requests': DataPointType.SUM,
    'tetri.requests_late': DataPointType.SUM,
    'tetri.gpus': DataPointType.SUM,
    'tetri.slo_attainment': DataPointType.GAUGE,
    'tetri.step_drift': DataPointType.GAUGE,
    'tetri.gpu_slowdown': DataPointType.GAUGE,
  });
});

test('a gauge is gone when it is not reported, where the SDK forgets at all', async () => {
  const { meter, collect } = testMeter(AggregationTemporality.DELTA);
  let readings: GaugeReading[] = [{ name: 'gpu_slowdown', labels: { gpu: '1' }, value: 1.5 }];
  openTelemetryMetrics(meter).gauges(() => readings);
  expect(numbers((await collect()).get('tetri.gpu_slowdown'))).toHaveLength(1);
  readings = [];
  expect(numbers((await collect()).get('tetri.gpu_slowdown'))).toEqual([]);
});

test('gauges of several schedulers come together', async () => {
  const { meter, collect } = testMeter();
  const sink = openTelemetryMetrics(meter);
  sink.gauges(() => [
    { name: 'requests_late', labels: {}, value: 3 },
    { name: 'step_drift', labels: { shape: 's', degree: '2' }, value: 1.5 },
  ]);
  sink.gauges(() => [
    { name: 'requests_late', labels: {}, value: 4 },
    { name: 'step_drift', labels: { shape: 's', degree: '2' }, value: 1.25 },
  ]);
  const metrics = await collect();
  expect(numbers(metrics.get('tetri.requests_late'))).toEqual([{ attributes: {}, value: 7 }]);
  expect(numbers(metrics.get('tetri.step_drift'))).toMatchObject([{ value: 1.25 }]);
});

test('the prefix is what all names begin with', async () => {
  const { meter, collect } = testMeter();
  const sink = openTelemetryMetrics(meter, { prefix: 'flux.' });
  sink.count('restarts', 1, {});
  sink.observe('lateness_ms', 1, { shape: 's' });
  expect([...(await collect()).keys()]).toEqual(['flux.restarts', 'flux.lateness']);
});

test('a meter that goes nowhere will do', () => {
  const sink = openTelemetryMetrics(createNoopMeter());
  sink.gauges(() => []);
  sink.count('restarts', 1, {});
  sink.observe('lateness_ms', 1, { shape: 's' });
  expect(ear.complaints).toEqual([]);
});
