import { ascending, quantileSorted, range } from 'd3-array';
import type { RunSummary } from '../summarize.js';
import type { SimulationRun } from '../simulate.js';
import type { Trace } from '../trace.js';
import type { RunCell } from './cell.js';
import type { OverTime, RunResult } from './cell-result.js';

/** What is kept of a run: its summary, and what the cell asks for. Times are rounded to a tenth of a millisecond. */
export function digestRun(run: SimulationRun, summary: RunSummary, trace: Trace, keep: RunCell['keep']): RunResult {
  const { requests, onTime, sloAttainment, meanLatencyMs, p99LatencyMs, gpuUtilization, planning } = summary;
  const perShape = Object.entries(summary.perShape).map(([shape, counts]) => [
    shape,
    { requests: counts.requests, onTime: counts.onTime },
  ]);
  return {
    kind: 'run',
    ...{ requests, onTime, sloAttainment: round(sloAttainment, 1e6) },
    ...{ meanLatencyMs: tenths(meanLatencyMs), p99LatencyMs: tenths(p99LatencyMs) },
    gpuUtilization: round(gpuUtilization, 1e4),
    perShape: Object.fromEntries(perShape) as RunResult['perShape'],
    ...(keep.latencies && { latencyPercentilesMs: latencyPercentilesMs(run, trace) }),
    ...(keep.windowMs !== null && { overTime: overTime(run, trace, keep.windowMs) }),
    ...(keep.planning && {
      planning: { count: planning.count, meanUs: round(planning.meanUs, 10), p99Us: round(planning.p99Us, 10) },
    }),
  };
}

function latencyPercentilesMs({ records }: SimulationRun, { requests }: Trace): readonly (number | null)[] {
  const endOf = new Map(
    records.map(({ requestId, status, endMs }) => [requestId, status === 'completed' ? endMs : null]),
  );
  const latencies = requests.map(({ id, arrivalMs }) => (endOf.get(id) ?? Infinity) - arrivalMs).sort(ascending);
  return range(0, 101).map((percent) => {
    const rank = (percent * (latencies.length - 1)) / 100;
    // No interpolation where there is nothing to interpolate: it would multiply the infinity after the last that ended by zero.
    const ms = Number.isInteger(rank) ? latencies[rank]! : quantileSorted(latencies, percent / 100)!;
    return Number.isFinite(ms) ? tenths(ms) : null;
  });
}

function overTime({ log, records }: SimulationRun, { requests }: Trace, windowMs: number): OverTime {
  const lastMs = requests.at(-1)?.arrivalMs ?? 0;
  const windows = range(0, Math.floor(lastMs / windowMs) + 1);
  const windowOf = (ms: number): number => Math.floor(ms / windowMs);
  const arrived = windows.map(() => 0);
  const onTime = windows.map(() => 0);
  const isOnTime = new Set(records.filter((record) => record.onTime).map(({ requestId }) => requestId));
  for (const { id, arrivalMs } of requests) {
    arrived[windowOf(arrivalMs)]! += 1;
    if (isOnTime.has(id)) onTime[windowOf(arrivalMs)]! += 1;
  }
  const meanDegree = windows.map((window) => {
    const [fromMs, byMs] = [window * windowMs, (window + 1) * windowMs];
    let [degreeMs, chunkMs] = [0, 0];
    for (const { stage = 'denoise', startMs, endMs, degree } of log) {
      const inWindowMs = Math.min(endMs, byMs) - Math.max(startMs, fromMs);
      if (stage !== 'denoise' || inWindowMs <= 0) continue;
      degreeMs += inWindowMs * degree;
      chunkMs += inWindowMs;
    }
    return chunkMs === 0 ? null : round(degreeMs / chunkMs, 1e4);
  });
  return { windowMs, arrived, onTime, meanDegree };
}

function tenths(ms: number | null): number | null {
  return ms === null ? null : round(ms, 10);
}

function round(value: number, parts: number): number {
  return Math.round(value * parts) / parts;
}
