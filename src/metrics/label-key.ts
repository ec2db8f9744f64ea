import { metricCatalog, type MetricName } from './catalog.js';
import type { MetricLabels } from './sink.js';

/** The same text for the same labels of a metric, in whatever order they stand. */
export function labelKey(name: MetricName, labels: MetricLabels): string {
  return JSON.stringify(metricCatalog[name].labels.map((label) => labels[label]));
}
