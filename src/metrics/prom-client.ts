/**
 * Metrics for Prometheus by `prom-client`, which has to be installed beside this package.
 *
 * @packageDocumentation
 */
import { Counter, Gauge, Histogram, register, type OpenMetricsContentType, type Registry } from 'prom-client';
import { TetriError } from '../model/index.js';
import { metricCatalog, type GaugeName, type MetricName } from './catalog.js';
import { gaugeSources, isCount } from './gauge-sources.js';
import type { MetricsSink } from './sink.js';

/** Options of {@link promClientMetrics}. */
export interface PromClientMetricsOptions {
  /** Where the metrics are registered. Default: `register`, the global registry of `prom-client`. */
  readonly registry?: Registry | Registry<OpenMetricsContentType>;
  /** What all names begin with: letters, digits, `_` and `:`. Default `tetri_`. */
  readonly prefix?: string;
}

/**
 * A sink that registers every metric of the catalog with `prom-client`. Counters are called `tetri_NAME_total`, all others
 * `tetri_NAME`; times are in ms. Gauges are read at each scrape, and what a scheduler does not report any more is gone from the next one.
 *
 * One sink may serve several schedulers: counts are added up, of the gauges that are ratios those of the last scheduler stand. To tell
 * schedulers apart, give each a sink with another prefix or registry.
 *
 * @throws TetriError `out-of-range` at `prefix` if a name would be none that Prometheus takes, or is registered already, such as by
 * another sink; nothing is registered then
 */
export function promClientMetrics(options: PromClientMetricsOptions = {}): MetricsSink {
  const { registry = register, prefix = 'tetri_' } = options;
  checkNames(registry, prefix);
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();
  const sources = gaugeSources();

  for (const [key, { kind, help, labels, buckets }] of Object.entries(metricCatalog)) {
    const common = { name: fullName(prefix, key as MetricName), help, labelNames: labels, registers: [registry] };
    if (kind === 'counter') counters.set(key, new Counter(common));
    // Copied, since prom-client freezes what it gets.
    else if (kind === 'histogram') histograms.set(key, new Histogram({ ...common, buckets: [...(buckets ?? [])] }));
    else {
      new Gauge({
        ...common,
        // How a cluster of Node processes makes one number of those of its workers.
        aggregator: isCount(key as GaugeName) ? 'sum' : 'average',
        collect() {
          this.reset();
          for (const { name, labels, value } of sources.read()) if (name === key) this.set(labels, value);
        },
      });
    }
  }

  return {
    count: (name, amount, labels) => counters.get(name)?.inc(labels, amount),
    observe: (name, value, labels) => histograms.get(name)?.observe(labels, value),
    gauges: sources.add,
  };
}

function fullName(prefix: string, name: MetricName): string {
  return `${prefix}${name}${metricCatalog[name].kind === 'counter' ? '_total' : ''}`;
}

/** Before anything is registered, so that a sink is registered as a whole or not at all. */
function checkNames(registry: Pick<Registry, 'getSingleMetric'>, prefix: string): void {
  if (!/^([a-zA-Z_:][a-zA-Z0-9_:]*)?$/.test(prefix)) {
    throw new TetriError('out-of-range', 'expected letters, digits, _ and :, no digit first', 'prefix', prefix);
  }
  const names = Object.keys(metricCatalog).map((name) => fullName(prefix, name as MetricName));
  const taken = names.find((name) => registry.getSingleMetric(name) !== undefined);
  if (taken !== undefined) {
    const advice = 'share one sink among schedulers, or give each its own prefix or registry';
    throw new TetriError('out-of-range', `the registry has ${taken} already; ${advice}`, 'prefix', prefix);
  }
}
