import { mean, min, quantileSorted } from 'd3-array';
import type { Cluster } from '../model/index.js';
import type { SimulationRun } from './simulate.js';
import type { Trace } from './trace.js';

/** How the requests of one shape fared. */
export interface ShapeSummary {
  /** How many there were, however they ended. */
  readonly requests: number;
  /** Requests that were complete no later than their deadline. */
  readonly onTime: number;
  /** `onTime` over `requests`, from 0 to 1. */
  readonly sloAttainment: number;
  /** Mean latency of the completed ones, in ms; `null` if there are none. */
  readonly meanLatencyMs: number | null;
}

/** A simulation in a few numbers. */
export interface RunSummary extends ShapeSummary {
  /** The name of the policy. */
  readonly policy: string;
  /** Median latency of the completed requests, in ms; `null` if there are none. */
  readonly p50LatencyMs: number | null;
  /** 99th percentile of the latency, in ms; `null` if there are none. */
  readonly p99LatencyMs: number | null;
  /** GPU time that chunks held over GPU time that there was, from the first arrival to the last end; from 0 to 1. */
  readonly gpuUtilization: number;
  /** By shape id, in order of first arrival. */
  readonly perShape: Readonly<Record<string, ShapeSummary>>;
  /** Turns of the scheduler with a plan in them: how many, and how long they took in microseconds of real time. */
  readonly planning: { readonly count: number; readonly meanUs: number; readonly p99Us: number };
}

/** Sums up a run. Requests that were cancelled, failed or never ended count as not on time. */
export function summarize(run: SimulationRun, trace: Trace, cluster: Cluster): RunSummary {
  const byShape = new Map<string, { onTime: boolean; latencyMs: number | undefined }[]>();
  const recordOf = new Map(run.records.map((record) => [record.requestId, record]));
  for (const { id, shape, arrivalMs } of trace.requests) {
    const record = recordOf.get(id);
    const latencyMs = record?.status === 'completed' ? (record.endMs as number) - arrivalMs : undefined;
    const entry = { onTime: record?.onTime === true, latencyMs };
    const entries = byShape.get(shape);
    if (entries === undefined) byShape.set(shape, [entry]);
    else entries.push(entry);
  }
  const all = [...byShape.values()].flat();
  const latencies = all.flatMap(({ latencyMs }) => latencyMs ?? []).sort((a, b) => a - b);
  const planningUs = run.planningMs.map((ms) => ms * 1000).sort((a, b) => a - b);
  const { requests, onTime, sloAttainment, meanLatencyMs } = shapeSummary(all);
  return {
    policy: run.policy,
    requests,
    onTime,
    sloAttainment,
    meanLatencyMs,
    p50LatencyMs: quantileSorted(latencies, 0.5) ?? null,
    p99LatencyMs: quantileSorted(latencies, 0.99) ?? null,
    gpuUtilization: gpuUtilization(run, trace, cluster),
    perShape: Object.fromEntries([...byShape].map(([shape, entries]) => [shape, shapeSummary(entries)])),
    planning: {
      count: planningUs.length,
      meanUs: mean(planningUs) ?? 0,
      p99Us: quantileSorted(planningUs, 0.99) ?? 0,
    },
  };
}

function shapeSummary(entries: readonly { onTime: boolean; latencyMs: number | undefined }[]): ShapeSummary {
  const onTime = entries.filter((entry) => entry.onTime).length;
  return {
    requests: entries.length,
    onTime,
    // A trace of no requests breaks no promise.
    sloAttainment: entries.length === 0 ? 1 : onTime / entries.length,
    meanLatencyMs: mean(entries, (entry) => entry.latencyMs) ?? null,
  };
}

function gpuUtilization({ log, records }: SimulationRun, trace: Trace, cluster: Cluster): number {
  let heldMs = 0;
  let endMs = -Infinity;
  for (const chunk of log) {
    heldMs += (chunk.endMs - chunk.startMs) * chunk.gpus.length;
    endMs = Math.max(endMs, chunk.endMs);
  }
  for (const record of records) endMs = Math.max(endMs, record.endMs ?? -Infinity);
  const spanMs = endMs - (min(trace.requests, (request) => request.arrivalMs) ?? endMs);
  return spanMs > 0 ? heldMs / (spanMs * cluster.gpus.length) : 0;
}
