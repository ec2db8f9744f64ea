import type { Chunk, PageRequest } from './run.js';

/** A name and what belongs to it. */
export type Fact = readonly [name: string, value: string];

/** A time or duration for people. */
export function seconds(ms: number, digits = 3): string {
  // Rounded first: a view may start a little before 0, which would be written as -0.000. Adding 0 takes the sign from -0.
  const rounded = Number((ms / 1000).toFixed(digits)) + 0;
  return `${rounded.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })} s`;
}

/** How a request stands to its deadline. */
export function lateness({ deadlineMs, completedMs, isLate }: PageRequest): string {
  if (deadlineMs === null) return 'unknown';
  if (completedMs === null) return 'never complete';
  return isLate ? `${seconds(completedMs - deadlineMs)} late` : `on time, ${seconds(deadlineMs - completedMs)} early`;
}

/** A request in a few lines. */
export function describeRequest(request: PageRequest): readonly Fact[] {
  const { id, shape, steps, arrivalMs, deadlineMs, completedMs, ending, chunks } = request;
  const at = (ms: number | null): string => (ms === null ? '-' : seconds(ms));
  return [
    ['Request', id],
    ['Shape', shape ?? 'unknown'],
    ['Steps', `${steps ?? 'unknown'}`],
    ['Arrival', at(arrivalMs)],
    ['Deadline', at(deadlineMs)],
    ['Completed', completedMs === null ? ending : at(completedMs)],
    ['Lateness', lateness(request)],
    ['Chunks', `${chunks.length}`],
  ];
}

/** A chunk in a few lines. `gpuOf` names the GPU of a lane. */
export function describeChunk(chunk: Chunk, gpuOf: (lane: number) => number): readonly Fact[] {
  const { requests, stage, degree, lanes, startMs, endMs, cut } = chunk;
  const each = (text: (request: PageRequest) => string): string => [...new Set(requests.map(text))].join('; ');
  return [
    [requests.length === 1 ? 'Request' : `Batch of ${requests.length}`, requests.map(({ id }) => id).join(', ')],
    ['Shape', each(({ shape }) => shape ?? 'unknown')],
    ['Stage', cut === '' ? stage : `${stage}, cut short: ${cut}`],
    ['Degree', `${degree}`],
    ['GPUs', rangesOf(lanes.map(gpuOf))],
    ['Steps', stepsOf(chunk)],
    ['Start', seconds(startMs)],
    ['End', `${seconds(endMs)} (${seconds(endMs - startMs)})`],
    ['Deadline', each(({ deadlineMs }) => (deadlineMs === null ? '-' : seconds(deadlineMs)))],
    ['Lateness', each(lateness)],
  ];
}

/** Numbers for people: `0-3, 6`. */
export function rangesOf(numbers: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range !== undefined && number === range[1] + 1) range[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');
}

function stepsOf({ steps, fromSteps, requests }: Chunk): string {
  if (fromSteps.length === 0) return `${steps}`;
  const from = fromSteps.map((step, index) => `${step} of ${requests[index]?.steps ?? '?'}`);
  return `${steps}, from ${[...new Set(from)].join('; ')}`;
}
