import { metricCatalog, type CounterName, type GaugeName, type HistogramName } from './catalog.js';
import { gaugeSources, isCount } from './gauge-sources.js';
import { hasLabels, labelSets } from './label-sets.js';
import type { MetricLabels, MetricsSink } from './sink.js';

/** A value and its labels. */
export interface MetricValue {
  /** All labels that the metric has in the catalog. */
  readonly labels: MetricLabels;
  /** A count, or what the gauge reads. */
  readonly value: number;
}

/** What is known of the values of a histogram; in ms, as all histograms are. */
export interface HistogramSummary {
  /** How many values; at least 1. */
  readonly count: number;
  /** All values added up, in ms. */
  readonly sum: number;
  /** The least value, in ms. */
  readonly min: number;
  /** The greatest value, in ms. */
  readonly max: number;
  /** How many values lie in each bucket: up to each bound of the catalog and above the one before, and last those above all bounds. */
  readonly buckets: readonly number[];
}

/**
 * A sink that can be asked. Labels given to a question need not be all: every set of labels that has these takes part, and all sets
 * do if none are given.
 */
export interface MemoryMetrics extends MetricsSink {
  /** A counter, added up; 0 if nothing was counted. */
  value(name: CounterName, labels?: MetricLabels): number;
  /** A counter by its sets of labels, in the order in which they came up, or a gauge as it is now. */
  values(name: CounterName | GaugeName): readonly MetricValue[];
  /** A histogram; `undefined` if nothing was observed. */
  histogram(name: HistogramName, labels?: MetricLabels): HistogramSummary | undefined;
  /** A gauge as it is now: a count is added up, a ratio is `undefined` unless just one has these labels. `undefined` if none has. */
  gauge(name: GaugeName, labels?: MetricLabels): number | undefined;
}

/**
 * Metrics that are kept in memory, for tests and small tools.
 *
 * Memory is bounded: histograms keep buckets and no values, and after 1000 sets of labels of a metric all further ones are kept
 * together, with `other` for every label. One sink may serve several schedulers: counts are added up, of the gauges that are ratios
 * those of the last scheduler stand.
 */
export function memoryMetrics(): MemoryMetrics {
  const counters = labelSets(() => ({ value: 0 }));
  const histograms = labelSets(emptySummary);
  const sources = gaugeSources();

  function values(name: CounterName | GaugeName, labels: MetricLabels): readonly MetricValue[] {
    if (metricCatalog[name].kind === 'counter') {
      return counters.matching(name, labels).map((set) => ({ labels: set.labels, value: set.state.value }));
    }
    const readings = sources.read().filter((reading) => reading.name === name && hasLabels(reading.labels, labels));
    return readings.map((reading) => ({ labels: reading.labels, value: reading.value }));
  }

  return {
    count(name, amount, labels) {
      counters.stateOf(name, labels).value += amount;
    },
    observe(name, value, labels) {
      const bounds = metricCatalog[name].buckets ?? [];
      const bucket = bounds.findIndex((bound) => value <= bound);
      const buckets = Array.from({ length: bounds.length + 1 }, () => 0);
      buckets[bucket === -1 ? bounds.length : bucket] = 1;
      addTo(histograms.stateOf(name, labels), { count: 1, sum: value, min: value, max: value, buckets });
    },
    gauges: sources.add,
    value: (name, labels = {}) => sum(values(name, labels)),
    values: (name) => values(name, {}),
    histogram(name, labels = {}) {
      const total = emptySummary();
      for (const { state } of histograms.matching(name, labels)) addTo(total, state);
      return total.count === 0 ? undefined : total;
    },
    gauge(name, labels = {}) {
      const readings = values(name, labels);
      return readings.length === 1 || (readings.length > 1 && isCount(name)) ? sum(readings) : undefined;
    },
  };
}

interface MutableSummary {
  count: number;
  sum: number;
  min: number;
  max: number;
  buckets: number[];
}

function emptySummary(): MutableSummary {
  return { count: 0, sum: 0, min: Infinity, max: -Infinity, buckets: [] };
}

function addTo(total: MutableSummary, more: HistogramSummary): void {
  total.count += more.count;
  total.sum += more.sum;
  total.min = Math.min(total.min, more.min);
  total.max = Math.max(total.max, more.max);
  total.buckets = more.buckets.map((count, i) => count + (total.buckets[i] ?? 0));
}

function sum(values: readonly MetricValue[]): number {
  return values.reduce((total, { value }) => total + value, 0);
}
