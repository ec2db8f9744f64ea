/**
 * Metrics for OpenTelemetry, by a meter of its API; nothing is loaded.
 *
 * @packageDocumentation
 */
import type { Counter, Histogram, Meter, MetricOptions, Observable } from '@opentelemetry/api';
import { metricCatalog, type GaugeName } from './catalog.js';
import { gaugeSources, isCount } from './gauge-sources.js';
import type { MetricsSink } from './sink.js';

/** Options of {@link openTelemetryMetrics}. */
export interface OpenTelemetryMetricsOptions {
  /** What all names begin with. Default `tetri.`. */
  readonly prefix?: string;
}

/**
 * A sink that makes an instrument of every metric of the catalog. It is called `tetri.NAME`, without `_ms` at the end, since
 * OpenTelemetry keeps units apart from names. Gauges are read at each collection: those that count are observable up-down counters, the
 * others observable gauges.
 *
 * One sink may serve several schedulers: counts are added up, of the gauges that are ratios those of the last scheduler stand. To tell
 * schedulers apart, give each a sink with a meter of another name, or another prefix.
 *
 * @param meter - such as `metrics.getMeter('tetri')` of `@opentelemetry/api`
 */
export function openTelemetryMetrics(meter: Meter, options: OpenTelemetryMetricsOptions = {}): MetricsSink {
  const { prefix = 'tetri.' } = options;
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();
  const observables = new Map<string, Observable>();
  const sources = gaugeSources();

  for (const [key, { kind, help, unit, buckets = [] }] of Object.entries(metricCatalog)) {
    const name = prefix + key.replace(/_ms$/, '');
    const common: MetricOptions = { description: help, ...(unit === undefined ? {} : { unit }) };
    if (kind === 'counter') counters.set(key, meter.createCounter(name, common));
    else if (kind === 'histogram') {
      const advice = { explicitBucketBoundaries: [...buckets] };
      histograms.set(key, meter.createHistogram(name, { ...common, advice }));
    } else if (isCount(key as GaugeName)) observables.set(key, meter.createObservableUpDownCounter(name, common));
    else observables.set(key, meter.createObservableGauge(name, common));
  }
  meter.addBatchObservableCallback(
    (result) => {
      for (const { name, labels, value } of sources.read()) {
        const observable = observables.get(name);
        if (observable !== undefined) result.observe(observable, value, labels);
      }
    },
    [...observables.values()],
  );

  return {
    count: (name, amount, labels) => counters.get(name)?.add(amount, labels),
    observe: (name, value, labels) => histograms.get(name)?.record(value, labels),
    gauges: sources.add,
  };
}
