import { max } from 'd3-array';
import { stages, type PageData } from '../page-data.js';

/** A GPU. */
export interface Lane {
  readonly gpu: number;
  readonly domain: number;
}

/** A request and all that was done for it. Times in ms, `null` where unknown or never. */
export interface PageRequest {
  readonly index: number;
  readonly id: string;
  readonly shape: string | null;
  readonly steps: number | null;
  readonly arrivalMs: number | null;
  readonly deadlineMs: number | null;
  readonly completedMs: number | null;
  readonly ending: string;
  readonly isLate: boolean;
  /** In order of start. */
  readonly chunks: Chunk[];
}

/** A chunk on its lanes. */
export interface Chunk {
  readonly index: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Ascending. */
  readonly lanes: readonly number[];
  readonly requests: readonly PageRequest[];
  readonly degree: number;
  readonly steps: number;
  readonly fromSteps: readonly number[];
  readonly stage: string;
  readonly cut: string;
  /** Whether one of its requests is late. */
  readonly isLate: boolean;
}

/** A whole run. */
export interface Run {
  readonly facts: PageData['facts'];
  readonly lanes: readonly Lane[];
  readonly requests: readonly PageRequest[];
  readonly chunks: readonly Chunk[];
  /** Those of the trace: their number, and the late ones in order of deadline. */
  readonly known: number;
  readonly late: readonly PageRequest[];
  /** From the first arrival, start or deadline to the last end or deadline; never empty. */
  readonly startMs: number;
  readonly endMs: number;
}

/** Makes objects of the columns. */
export function readRun(data: PageData): Run {
  const { id, shape, steps, arrivalMs, deadlineMs, completedMs, ending, isLate } = data.requests;
  const requests = id.map((name, index): PageRequest => ({
    ...{ index, id: name, shape: shape[index]!, steps: steps[index]!, arrivalMs: arrivalMs[index]! },
    ...{ deadlineMs: deadlineMs[index]!, completedMs: completedMs[index]!, ending: ending[index]! },
    ...{ isLate: isLate[index] === 1, chunks: [] },
  }));
  const chunks = data.chunks.startMs.map((startMs, index): Chunk => {
    const members = data.chunks.requests[index]!.map((position) => requests[position]!);
    return {
      ...{ index, startMs, endMs: data.chunks.endMs[index]!, lanes: data.groups[data.chunks.group[index]!]! },
      ...{ requests: members, degree: data.chunks.degree[index]!, steps: data.chunks.steps[index]! },
      ...{ fromSteps: data.chunks.fromSteps[index]!, stage: stages[data.chunks.stage[index]!]! },
      ...{ cut: data.chunks.cut[index]!, isLate: members.some((member) => member.isLate) },
    };
  });
  for (const chunk of chunks) for (const request of chunk.requests) request.chunks.push(chunk);
  for (const request of requests) request.chunks.sort((a, b) => a.startMs - b.startMs);
  let [first, last] = [Infinity, -Infinity];
  const include = (ms: number | null): void => {
    if (ms === null) return;
    first = Math.min(first, ms);
    last = Math.max(last, ms);
  };
  for (const chunk of chunks) [chunk.startMs, chunk.endMs].forEach(include);
  for (const request of requests) [request.arrivalMs, request.deadlineMs, request.completedMs].forEach(include);
  if (first > last) [first, last] = [0, 1000];
  return {
    facts: data.facts,
    lanes: data.gpus.id.map((gpu, index) => ({ gpu, domain: data.gpus.domain[index]! })),
    ...{ requests, chunks },
    known: requests.filter((request) => request.arrivalMs !== null).length,
    late: requests.filter((request) => request.isLate).sort((a, b) => a.deadlineMs! - b.deadlineMs!),
    startMs: first,
    endMs: Math.max(last, first + 1),
  };
}

/** When a request was over: complete, or else its last chunk or its deadline, whichever is later. */
export function endOf({ completedMs, deadlineMs, chunks }: PageRequest): number | null {
  if (completedMs !== null) return completedMs;
  const lastEndMs = max(chunks, ({ endMs }) => endMs);
  return lastEndMs === undefined ? deadlineMs : Math.max(deadlineMs ?? lastEndMs, lastEndMs);
}
