import type { Profile } from '../../profile/index.js';
import { createWorkload, parseTrace, type Trace } from '../../simulation/index.js';
import { readJson, readText } from '../files.js';
import { parseInput } from '../input-error.js';
import { arrivals } from './arrivals.js';
import { parseCsvRequests } from './csv-requests.js';
import { chooseDeadlines, type Deadlines } from './deadlines.js';
import type { TraceFlags, WorkloadFlags } from './flags.js';
import { defaultShapes, mixes } from './mixes.js';

/** A workload and what it is, in lines for people. */
export interface Workload {
  readonly trace: Trace;
  readonly lines: readonly string[];
}

/** Whether a trace is a log of arrivals as CSV, which need not say all there is to a request. */
export function isCsv(file: string): boolean {
  return /\.csv$/i.test(file);
}

/**
 * The requests of a file.
 *
 * @param largestDomain - GPUs of the largest domain
 * @throws `InputError` for a file that cannot be read, or that holds no trace
 */
export function readTrace(file: string, flags: TraceFlags, profile: Profile, largestDomain: number): Workload {
  if (isCsv(file)) return readCsvTrace(file, flags, profile, largestDomain);
  const value = readJson(file);
  const trace = parseInput(file, () => parseTrace(value, profile));
  return { trace, lines: [`${trace.requests.length} requests of ${file}`] };
}

function readCsvTrace(file: string, flags: TraceFlags, profile: Profile, largestDomain: number): Workload {
  const { requests, unread } = parseCsvRequests(file, readText(file), profile, flags.steps);
  const undue = requests.filter(({ deadlineMs }) => deadlineMs === undefined);
  const shapes = [...new Set(undue.map(({ shape }) => shape))];
  const steps = undue.reduce((most, request) => Math.max(most, request.steps), 1);
  const deadlines = parseInput(file, () =>
    chooseDeadlines({ base: flags.sloBase, scale: flags.sloScale, profile, shapes, steps, largestDomain }),
  );
  const trace = parseInput(file, () =>
    parseTrace({
      schemaVersion: 1,
      requests: requests.map(({ line, deadlineMs, ...request }) => {
        const dueAfterMs = (): number =>
          deadlines.slo(profile.shape(request.shape, `line ${line}.shape`), request.steps);
        return { ...request, deadlineMs: deadlineMs ?? request.arrivalMs + dueAfterMs() };
      }),
    }),
  );
  const due =
    undue.length === 0 ? [] : [`Deadlines that it does not give (--slo-base ${deadlines.base}): ${nameOf(deadlines)}`];
  const ignored = unread.length === 0 ? [] : [`Columns that were not read: ${unread.join(', ')}`];
  return { trace, lines: [`${requests.length} requests of ${file}`, ...ignored, ...due] };
}

/**
 * Draws the workload that the flags describe.
 *
 * @param largestDomain - GPUs of the largest domain
 * @param seeds - what to call its seed, where it stands for others like it
 * @throws `TetriError` for shapes that the profile or the deadlines do not cover
 */
export function drawWorkload(
  flags: WorkloadFlags,
  profile: Profile,
  largestDomain: number,
  seeds = `seed ${flags.seed}`,
): Workload {
  const { requests, steps, seed, rate, sloBase: base, sloScale: scale, shapes = defaultShapes(profile) } = flags;
  const mix = mixes[flags.workload]!(shapes);
  const deadlines = chooseDeadlines({ base, scale, profile, shapes, steps, largestDomain });
  const arrivalsOfRate = arrivals[flags.arrivals]!(rate);
  const trace = createWorkload({ profile, requests, steps, seed, arrivals: arrivalsOfRate, mix, slo: deadlines.slo });
  const due = mix(0).map(({ shape }) => `${shape} ${seconds(deadlines.slo(profile.shape(shape), steps))}`);
  return {
    trace,
    lines: [
      `${requests} requests of ${steps} steps, ${rate} a minute (${flags.arrivals}), ${flags.workload} mix, ${seeds}`,
      `Deadlines (--slo-base ${deadlines.base}): ${nameOf(deadlines)}: ${due.join(', ')}`,
    ],
  };
}

function nameOf({ base, scale }: Deadlines): string {
  return base === 'paper' ? `the paper's SLO x ${scale}` : `${scale} x the fastest possible latency`;
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toPrecision(3))} s`;
}
