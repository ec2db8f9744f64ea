import { diag, DiagLogLevel, type Attributes, type Meter } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  MeterProvider,
  MetricReader,
  type MetricData,
} from '@opentelemetry/sdk-metrics';

/** A reader that is asked, and tells nobody else. */
class AskedReader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** A meter of the real SDK. */
export interface TestMeter {
  readonly meter: Meter;
  /** Everything that has data, by name. */
  collect(): Promise<ReadonlyMap<string, MetricData>>;
}

export function testMeter(aggregationTemporality = AggregationTemporality.CUMULATIVE): TestMeter {
  const reader = new AskedReader({ aggregationTemporalitySelector: () => aggregationTemporality });
  const meter = new MeterProvider({ readers: [reader] }).getMeter('test');
  return {
    meter,
    async collect() {
      const { resourceMetrics, errors } = await reader.collect();
      if (errors.length > 0) throw new Error('collection failed', { cause: errors });
      const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
      return new Map(metrics.map((metric) => [metric.descriptor.name, metric]));
    },
  };
}

/** The numbers of a counter or a gauge. */
export function numbers(metric: MetricData | undefined): readonly { attributes: Attributes; value: number }[] {
  if (metric === undefined) return [];
  if (metric.dataPointType !== DataPointType.SUM && metric.dataPointType !== DataPointType.GAUGE) {
    throw new Error(`${metric.descriptor.name} is a histogram`);
  }
  return metric.dataPoints.map(({ attributes, value }) => ({ attributes, value }));
}

/** What the SDK complains about until `stop` is called. */
export function listenToComplaints(): { readonly complaints: readonly string[]; stop(): void } {
  const complaints: string[] = [];
  const add = (...args: unknown[]): void => void complaints.push(args.join(' '));
  diag.setLogger(
    { error: add, warn: add, info: () => undefined, debug: () => undefined, verbose: () => undefined },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  return { complaints, stop: () => diag.disable() };
}
