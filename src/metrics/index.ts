/** What is counted and measured, and where it goes; the adapters have entry points of their own. */
export {
  metricCatalog,
  type CounterName,
  type GaugeName,
  type HistogramName,
  type MetricDescription,
  type MetricName,
} from './catalog.js';
export { memoryMetrics, type HistogramSummary, type MemoryMetrics, type MetricValue } from './memory-metrics.js';
export type { GaugeReading, MetricLabels, MetricsSink } from './sink.js';
