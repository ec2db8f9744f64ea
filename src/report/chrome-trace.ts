import type { ChunkRecord, RunLog, Trace } from '../simulation/index.js';
import { isOnTime, lateMs, readFates, type Fate } from './fates.js';
import { arrivalsLane, laneOf, missesLane, nameLanes } from './lanes.js';
import type { ReportOptions } from './report-options.js';
import { formatTraceEvents, type CompleteEvent, type InstantEvent } from './trace-event.js';

/** A request, how it fared, and letters that no other request has. */
interface LetteredFate extends Fate {
  readonly letters: string;
}

/**
 * A run in the Trace Event Format, as JSON: to be opened in Perfetto (ui.perfetto.dev) or chrome://tracing.
 *
 * Each NVLink domain is a process and each GPU a lane; each chunk is one complete event on every GPU that it held, with the
 * requests, degree, steps, deadlines and lateness as arguments. Two more lanes show when requests arrived and which deadlines
 * were missed. Events are named after their requests, so that the viewers colour them by request; as Perfetto leaves digits out
 * of account there, the name ends in letters that no other request has.
 *
 * Time stamps are rounded to microseconds. They are those of the log, unless it starts below 0: then all are shifted to start
 * at 0, because viewers refuse negative ones.
 *
 * O(sum of the degrees of all chunks).
 */
export function chromeTrace(log: RunLog, options: ReportOptions): string {
  const fates = letterFates(readFates(log, options));
  const originMs = earliestMs(log, options.trace);
  const micros = (ms: number): number => Math.round((ms - originMs) * 1000);
  const gpus = new Map(options.cluster.gpus.map((gpu) => [gpu.id, gpu]));
  const events = log.flatMap((chunk): CompleteEvent[] => {
    const ts = micros(chunk.startMs);
    const { name, cat, args } = describe(chunk, fates);
    return chunk.gpus.flatMap((id) => {
      const gpu = gpus.get(id);
      return gpu ? [{ ph: 'X', name, cat, ...laneOf(gpu), ts, dur: micros(chunk.endMs) - ts, args }] : [];
    });
  });
  const instants = [...fates.values()].flatMap((fate) => instantsOf(fate, micros));
  return formatTraceEvents([...nameLanes(options.cluster), ...instants, ...events], options.about ?? {});
}

function letterFates(fates: ReadonlyMap<string, Fate>): ReadonlyMap<string, LetteredFate> {
  return new Map([...fates].map(([id, fate], index) => [id, { ...fate, letters: lettersOf(index) }]));
}

/** a, b, ..., z, aa, ab and so on, like the columns of a spreadsheet. */
function lettersOf(index: number): string {
  const last = String.fromCharCode(97 + (index % 26));
  return index < 26 ? last : lettersOf(Math.floor(index / 26) - 1) + last;
}

function earliestMs(log: RunLog, trace: Trace): number {
  let earliest = 0;
  for (const { startMs } of log) earliest = Math.min(earliest, startMs);
  for (const { arrivalMs } of trace.requests) earliest = Math.min(earliest, arrivalMs);
  return earliest;
}

function describe(
  chunk: ChunkRecord,
  fates: ReadonlyMap<string, LetteredFate>,
): Pick<CompleteEvent, 'name' | 'cat' | 'args'> {
  const { requestIds, degree, steps, fromSteps, stage = 'denoise', cut } = chunk;
  const members = requestIds.map((id) => fates.get(id));
  const shape = members[0]?.request.shape;
  return {
    name: requestIds.map((id, index) => `${id} [${members[index]?.letters ?? '?'}]`).join(' + '),
    cat: shape === undefined ? stage : `${stage},${shape}`,
    // JSON leaves out what is undefined.
    args: {
      requestIds,
      shape,
      stage,
      degree,
      gpus: chunk.gpus,
      steps,
      fromSteps,
      cut,
      deadlineMs: members.map((member) => member?.request.deadlineMs ?? null),
      lateMs: members.map((member) => (member === undefined ? null : lateMs(member))),
    },
  };
}

function instantsOf(fate: LetteredFate, micros: (ms: number) => number): InstantEvent[] {
  const { id, shape, steps, arrivalMs, deadlineMs } = fate.request;
  const args = { requestId: id, shape, steps, arrivalMs, deadlineMs, lateMs: lateMs(fate) };
  const name = `${id} [${fate.letters}]`;
  const arrival: InstantEvent = {
    ...{ ph: 'i', s: 't', name, cat: `arrival,${shape}`, ...arrivalsLane },
    ...{ ts: micros(arrivalMs), args },
  };
  if (isOnTime(fate)) return [arrival];
  return [arrival, { ...arrival, cat: `missed deadline,${shape}`, ...missesLane, ts: micros(deadlineMs) }];
}
