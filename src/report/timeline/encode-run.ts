import type { RunLog } from '../../simulation/index.js';
import { isOnTime, readFates, toMicrosecond, type Fate } from '../fates.js';
import type { ReportOptions } from '../report-options.js';
import { stages, type ChunkColumns, type PageData, type RequestColumns } from './page-data.js';

/** A run as the page reads it. O(sum of the degrees of all chunks). */
export function encodeRun(log: RunLog, options: ReportOptions): PageData {
  const gpus = [...options.cluster.gpus].sort((a, b) => a.domain - b.domain || a.id - b.id);
  const laneOf = new Map(gpus.map(({ id }, lane) => [id, lane]));
  const fates = readFates(log, options);
  const unknownIds = log.flatMap(({ requestIds }) => requestIds).filter((id) => !fates.has(id));
  const ids = numberEach([...fates.keys(), ...unknownIds]);
  const groups = new Map<string, { readonly index: number; readonly lanes: readonly number[] }>();
  const groupOf = (gpuIds: readonly number[]): number => {
    const lanes = gpuIds.flatMap((id) => laneOf.get(id) ?? []).sort((a, b) => a - b);
    const group = groups.get(lanes.join()) ?? { index: groups.size, lanes };
    groups.set(lanes.join(), group);
    return group.index;
  };
  const chunks: ChunkColumns = {
    startMs: log.map(({ startMs }) => toMicrosecond(startMs)),
    endMs: log.map(({ endMs }) => toMicrosecond(endMs)),
    requests: log.map(({ requestIds }) => requestIds.map((id) => ids.get(id)!)),
    group: log.map((chunk) => groupOf(chunk.gpus)),
    degree: log.map(({ degree }) => degree),
    steps: log.map(({ steps }) => steps),
    fromSteps: log.map(({ fromSteps = [] }) => fromSteps),
    stage: log.map(({ stage = 'denoise' }) => stages.indexOf(stage)),
    cut: log.map(({ cut = '' }) => cut),
  };
  return {
    facts: Object.entries(options.about ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, inWords(value)] as const],
    ),
    gpus: { id: gpus.map(({ id }) => id), domain: gpus.map(({ domain }) => domain) },
    requests: encodeRequests([...ids.keys()], fates),
    groups: [...groups.values()].map(({ lanes }) => lanes),
    chunks,
  };
}

function encodeRequests(ids: readonly string[], fates: ReadonlyMap<string, Fate>): RequestColumns {
  const all = ids.map((id) => fates.get(id));
  const orNull = (ms: number | null | undefined): number | null =>
    ms === null || ms === undefined ? null : toMicrosecond(ms);
  return {
    id: ids,
    shape: all.map((fate) => fate?.request.shape ?? null),
    steps: all.map((fate) => fate?.request.steps ?? null),
    arrivalMs: all.map((fate) => orNull(fate?.request.arrivalMs)),
    deadlineMs: all.map((fate) => orNull(fate?.request.deadlineMs)),
    completedMs: all.map((fate) => orNull(fate?.completedMs)),
    ending: all.map(endingOf),
    // Not left to the page: after rounding, what is late by less than a microsecond would seem to be on time.
    isLate: all.map((fate) => (fate === undefined || isOnTime(fate) ? 0 : 1)),
  };
}

function endingOf(fate: Fate | undefined): string {
  if (fate === undefined) return 'not a request of the trace';
  const { record, completedMs } = fate;
  if (record === undefined) return completedMs === null ? 'never ran' : 'completed';
  return record.reason === undefined ? record.status : `${record.status}: ${record.reason}`;
}

/** The distinct texts in order, each with its position. */
function numberEach(texts: readonly string[]): ReadonlyMap<string, number> {
  return new Map([...new Set(texts)].map((text, index) => [text, index]));
}

/** As JSON; what has none, such as a `bigint`, as JavaScript writes it. */
function inWords(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    const json = JSON.stringify(value) as string | undefined;
    return json ?? String(value);
  } catch {
    return String(value);
  }
}
