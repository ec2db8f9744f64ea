/** What is only ever added to. */
export type CounterName =
  | 'requests_submitted'
  | 'requests_settled'
  | 'retries'
  | 'restarts'
  | 'chunks'
  | 'steps'
  | 'gpu_time_ms'
  | 'degree_changes'
  | 'migrations'
  | 'plans'
  | 'gpus_lost';

/** What is observed value by value. */
export type HistogramName = 'latency_ms' | 'queue_ms' | 'slack_ms' | 'lateness_ms' | 'planning_ms';

/** What is read as it is at a moment. */
export type GaugeName = 'requests' | 'requests_late' | 'gpus' | 'slo_attainment' | 'step_drift' | 'gpu_slowdown';

/** The name of a metric. */
export type MetricName = CounterName | HistogramName | GaugeName;

/** What the scheduler counts, measures and observes. Adapters register these; dashboards are built on them. */
export interface MetricDescription {
  /** `counter`: only grows. `gauge`: read at a moment. `histogram`: values in buckets. */
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** One line for people. */
  readonly help: string;
  /** `ms` for times; none for counts and ratios. Names carry their unit. */
  readonly unit?: 'ms';
  /** The labels that every value has. */
  readonly labels: readonly string[];
  /** Upper bounds of the buckets, ascending; histograms have them. */
  readonly buckets?: readonly number[];
}

/** From a second or so of images to minutes of video, and back for those that are late. */
const latencyBucketsMs = [100, 200, 500, 1000, 2000, 3000, 5000, 10_000, 20_000, 60_000, 180_000, 600_000];
const slackBucketsMs = [10, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 60_000];
const planningBucketsMs = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];

/**
 * Every metric by its name. Names are stable: they are only ever added in a minor release.
 *
 * | label | values |
 * |---|---|
 * | `shape` | the id of a measured shape; `other` for those in between |
 * | `status` | `on-time`, `late`, `cancelled`, `failed`, `refused` |
 * | `cause` | `error`, `gpu-lost` |
 * | `result` of chunks | `done`, `aborted`, `failed` |
 * | `result` of plans | `ok`, `failed` |
 */
export const metricCatalog: Readonly<Record<MetricName, MetricDescription>> = {
  requests_submitted: {
    kind: 'counter',
    help: 'Requests that clients asked for, and those that were taken over from an earlier process.',
    labels: ['shape'],
  },
  requests_settled: { kind: 'counter', help: 'Requests that ended, by how.', labels: ['shape', 'status'] },
  retries: { kind: 'counter', help: 'Chunks and decodings that failed and were tried again.', labels: ['cause'] },
  restarts: { kind: 'counter', help: 'Requests that lost their state and went back to their first step.', labels: [] },
  chunks: { kind: 'counter', help: 'Chunks that ended.', labels: ['degree', 'result'] },
  steps: {
    kind: 'counter',
    help: 'Denoising steps that were completed, summed over requests.',
    labels: ['shape', 'degree'],
  },
  gpu_time_ms: { kind: 'counter', unit: 'ms', help: 'GPU time held by chunks.', labels: ['shape'] },
  degree_changes: { kind: 'counter', help: 'Chunks at another degree than the one before.', labels: [] },
  migrations: { kind: 'counter', help: 'Chunks on other GPUs than the one before, at the same degree.', labels: [] },
  plans: { kind: 'counter', help: 'Plans, by whether they could be carried out.', labels: ['result'] },
  gpus_lost: { kind: 'counter', help: 'GPUs that were lost.', labels: ['gpu'] },
  latency_ms: {
    ...{ kind: 'histogram', unit: 'ms', labels: ['shape'], buckets: latencyBucketsMs },
    help: 'From arrival to completion.',
  },
  queue_ms: {
    ...{ kind: 'histogram', unit: 'ms', labels: ['shape'], buckets: latencyBucketsMs },
    help: 'From arrival to the first chunk.',
  },
  slack_ms: {
    ...{ kind: 'histogram', unit: 'ms', labels: ['shape'], buckets: slackBucketsMs },
    help: 'Time left to the deadline at completion, of requests that are on time.',
  },
  lateness_ms: {
    ...{ kind: 'histogram', unit: 'ms', labels: ['shape'], buckets: slackBucketsMs },
    help: 'Time since the deadline at completion, of requests that are late.',
  },
  planning_ms: {
    ...{ kind: 'histogram', unit: 'ms', labels: [], buckets: planningBucketsMs },
    help: 'Time the scheduler took for a turn with a plan in it.',
  },
  requests: {
    kind: 'gauge',
    help: 'Requests that are alive, by what they do: waiting, running, decoding.',
    labels: ['state'],
  },
  requests_late: { kind: 'gauge', help: 'Requests alive that cannot meet their deadline any more.', labels: [] },
  gpus: {
    kind: 'gauge',
    help: 'GPUs by what they do: busy, held (free while requests wait), idle, excluded (slow or failing), lost.',
    labels: ['state'],
  },
  slo_attainment: {
    kind: 'gauge',
    help: 'On time over all that ended and were not cancelled, since the start; 0 to 1.',
    labels: ['shape'],
  },
  step_drift: {
    kind: 'gauge',
    help: 'Observed step time over that of the profile, smoothed; 1 is as profiled.',
    labels: ['shape', 'degree'],
  },
  gpu_slowdown: { kind: 'gauge', help: 'How much slower a GPU is than the others; 1 is like them.', labels: ['gpu'] },
};
