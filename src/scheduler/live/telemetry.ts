import type { CounterName, GaugeReading, HistogramName, MetricLabels, MetricsSink } from '../../metrics/index.js';
import type { CompleteRequest, Settlement } from '../../model/index.js';
import type { Profile } from '../../profile/index.js';
import type { SchedulerCommand } from '../core/commands.js';
import type { SchedulerEvent } from '../core/events.js';
import type { SchedulerStatus } from '../core/status.js';

type RunCommand = SchedulerCommand & { type: 'run' };
type ChunkEvent = SchedulerEvent & { type: 'chunk-done' | 'chunk-failed' };

/** Turns what happens into metrics. */
export interface Telemetry {
  submitted(request: CompleteRequest): void;
  settled(request: CompleteRequest, settlement: Settlement, atMs: number): void;
  /** A chunk starts; its members know the GPUs of their last one. */
  started(command: RunCommand, members: readonly ChunkMember[], atMs: number): void;
  /** A chunk ended, or was given up. */
  ended(chunkId: number, event: ChunkEvent | undefined, atMs: number): void;
  /** A chunk or a decoding failed, and is tried again. */
  retried(cause: 'error' | 'gpu-lost'): void;
  /** A request lost its state. */
  restarted(): void;
  gpuLost(gpu: number): void;
  /** A turn with a plan in it. */
  planned(result: 'ok' | 'failed', durationMs: number): void;
  /** The scheduler is closed: it has no queue and no GPUs any more. */
  close(): void;
}

interface ChunkMember {
  readonly request: CompleteRequest;
  readonly lastGpus: readonly number[];
}

interface OpenChunk {
  readonly shape: string;
  readonly degree: number;
  readonly members: number;
  readonly startMs: number;
  readonly steps: number;
}

/**
 * @param status - reads the queue as it is
 * @param onError - told once of a sink that throws; it is told nothing more then
 */
export function createTelemetry(
  sink: MetricsSink | undefined,
  profile: Profile,
  status: () => SchedulerStatus,
  onError: (error: unknown) => void,
): Telemetry {
  let isOn = sink !== undefined;
  let isClosed = false;
  const measured = new Set(profile.shapes.map(({ id }) => id));
  const attainment = new Map<string, { onTime: number; ended: number }>();
  const chunks = new Map<number, OpenChunk>();

  // Clients choose among any number of shapes; only so many labels are worth keeping.
  const labelOf = (shape: string): string => {
    try {
      const { id } = profile.shape(shape);
      return measured.has(id) ? id : 'other';
    } catch {
      // An earlier process, with another profile, took it in.
      return 'other';
    }
  };
  const guard = (tell: (to: MetricsSink) => void): void => {
    if (!isOn) return;
    try {
      tell(sink as MetricsSink);
    } catch (error) {
      isOn = false;
      onError(error);
    }
  };
  const count = (name: CounterName, labels: MetricLabels = {}, amount = 1): void => {
    guard((to) => {
      to.count(name, amount, labels);
    });
  };
  const observe = (name: HistogramName, value: number, labels: MetricLabels = {}): void => {
    guard((to) => {
      to.observe(name, value, labels);
    });
  };

  guard((to) => {
    to.gauges(() => (isClosed ? [] : [...gaugesOf(status(), measured), ...attainmentOf(attainment)]));
  });

  return {
    submitted({ shape }) {
      count('requests_submitted', { shape: labelOf(shape) });
    },
    settled({ shape: id, arrivalMs, deadlineMs }, settlement, atMs) {
      const shape = labelOf(id);
      const isOnTime = settlement.status === 'completed' && settlement.onTime;
      const status = settlement.status === 'completed' ? (isOnTime ? 'on-time' : 'late') : settlement.status;
      count('requests_settled', { shape, status });
      if (settlement.status === 'completed') {
        observe('latency_ms', Math.max(0, atMs - arrivalMs), { shape });
        if (isOnTime) observe('slack_ms', Math.max(0, deadlineMs - atMs), { shape });
        else observe('lateness_ms', Math.max(0, atMs - deadlineMs), { shape });
      }
      if (settlement.status === 'cancelled') return;
      const { onTime, ended } = attainment.get(shape) ?? { onTime: 0, ended: 0 };
      attainment.set(shape, { onTime: onTime + Number(isOnTime), ended: ended + 1 });
    },
    started({ chunkId, degree, gpus, steps }, members, atMs) {
      const shape = labelOf((members[0] as ChunkMember).request.shape);
      chunks.set(chunkId, { shape, degree, members: members.length, startMs: atMs, steps });
      for (const { request, lastGpus } of members) {
        if (lastGpus.length === 0) observe('queue_ms', Math.max(0, atMs - request.arrivalMs), { shape });
      }
      const before = members.map(({ lastGpus }) => lastGpus).filter(({ length }) => length > 0);
      if (before.some(({ length }) => length !== degree)) count('degree_changes');
      else if (before.some((group) => group.some((gpu) => !gpus.includes(gpu)))) count('migrations');
    },
    ended(chunkId, event, atMs) {
      const chunk = chunks.get(chunkId);
      if (chunk === undefined) return;
      chunks.delete(chunkId);
      const { shape } = chunk;
      const degree = String(chunk.degree);
      const done = event?.type === 'chunk-done' || event?.state === 'intact' ? event.steps : 0;
      const isWhole = event?.type === 'chunk-done' && done >= chunk.steps;
      const result = event?.type === 'chunk-done' ? (isWhole ? 'done' : 'aborted') : 'failed';
      count('chunks', { degree, result });
      if (done > 0) count('steps', { shape, degree }, done * chunk.members);
      count('gpu_time_ms', { shape }, Math.max(0, atMs - chunk.startMs) * chunk.degree);
    },
    retried(cause) {
      count('retries', { cause });
    },
    restarted() {
      count('restarts');
    },
    gpuLost(gpu) {
      count('gpus_lost', { gpu: String(gpu) });
    },
    planned(result, durationMs) {
      count('plans', { result });
      observe('planning_ms', Math.max(0, durationMs));
    },
    close() {
      isClosed = true;
    },
  };
}

function gaugesOf(
  { waiting, running, decoding, late, gpus, drift }: SchedulerStatus,
  measured: ReadonlySet<string>,
): GaugeReading[] {
  // Every state always, so that none stands still at its last value.
  const states = { busy: 0, held: 0, idle: 0, excluded: 0, lost: 0 };
  for (const { state } of gpus) states[state]++;
  return [
    ...Object.entries({ waiting, running, decoding }).map(([state, value]): GaugeReading => ({
      name: 'requests',
      labels: { state },
      value,
    })),
    { name: 'requests_late', labels: {}, value: late },
    ...Object.entries(states).map(([state, value]): GaugeReading => ({ name: 'gpus', labels: { state }, value })),
    ...drift
      .filter(({ shape }) => measured.has(shape))
      .map(({ shape, degree, factor }): GaugeReading => ({
        name: 'step_drift',
        labels: { shape, degree: String(degree) },
        value: factor,
      })),
    ...gpus.map(({ id, slowdown }): GaugeReading => ({
      name: 'gpu_slowdown',
      labels: { gpu: String(id) },
      value: slowdown,
    })),
  ];
}

function attainmentOf(attainment: ReadonlyMap<string, { onTime: number; ended: number }>): GaugeReading[] {
  return [...attainment].map(([shape, { onTime, ended }]) => ({
    name: 'slo_attainment',
    labels: { shape },
    value: onTime / ended,
  }));
}
