import {
  metricCatalog,
  type CounterName,
  type GaugeName,
  type HistogramName,
  type MetricDescription,
  type MetricLabels,
  type MetricName,
} from '../../src/metrics/index.js';

/** The names of one kind, in the order of the catalog. */
function namesOf<T extends MetricName>(kind: MetricDescription['kind']): readonly T[] {
  const all = Object.keys(metricCatalog) as MetricName[];
  return all.filter((name): name is T => metricCatalog[name].kind === kind);
}

export const counterNames = namesOf<CounterName>('counter');
export const histogramNames = namesOf<HistogramName>('histogram');
export const gaugeNames = namesOf<GaugeName>('gauge');

/** A value for each label that the metric has. */
export function labelsOf(name: MetricName, value = 'a'): MetricLabels {
  return Object.fromEntries(metricCatalog[name].labels.map((label) => [label, `${label}-${value}`]));
}
