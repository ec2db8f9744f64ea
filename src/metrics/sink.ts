import type { CounterName, GaugeName, HistogramName } from './catalog.js';

/** The labels of a value, by name; every label of the metric in the catalog. */
export type MetricLabels = Readonly<Record<string, string>>;

/** The value of a gauge at the moment it is read. */
export interface GaugeReading {
  /** A gauge of the catalog. */
  readonly name: GaugeName;
  /** All labels that the gauge has in the catalog. */
  readonly labels: MetricLabels;
  /** As it is now; finite. */
  readonly value: number;
}

/**
 * Where metrics go. Counters and histograms are pushed as things happen; gauges are read when somebody looks, so that queue
 * numbers are true at that moment and cost nothing otherwise. All values are finite, and amounts of counters at least 0.
 *
 * A sink must not throw; one that does is told nothing more.
 */
export interface MetricsSink {
  /** Adds to a counter. */
  count(name: CounterName, amount: number, labels: MetricLabels): void;
  /** Adds a value to a histogram. */
  observe(name: HistogramName, value: number, labels: MetricLabels): void;
  /**
   * Called once by each scheduler: how to read its gauges. Reading is cheap and may be done at any time, also after the scheduler is closed.
   */
  gauges(read: () => readonly GaugeReading[]): void;
}
