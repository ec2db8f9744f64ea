/**
 * How many GPUs do I need? Replays a log of arrivals on simulated GPUs: who meets how many deadlines, by policy and GPU count.
 *
 *     npx tsx examples/replay-your-trace/index.ts [FILE.csv] [TARGET]
 *
 * Give it your own log: `timestamp,width,height,steps,sloMs`, one request a line, with a date of ISO 8601, in UTC unless it says otherwise, and
 * the milliseconds in which the request is due. If yours is of another form, change `readLog()`. If your model or GPU is not FLUX.1-dev on H100, measure
 * your own profile (`tetri profile`) and read it with `parseProfile()`. An hour of your busiest day says more than a day's mean.
 *
 * `tetri capacity --trace FILE.csv --policy horizon,tetriserve,edf` asks the same from the command line.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { builtinProfile, createCluster, createPolicy, type Profile } from '@tetri/scheduler';
import {
  findCapacity,
  gpuCountsUpTo,
  offeredGpus,
  parseTrace,
  simulate,
  summarize,
  type RunSummary,
  type Trace,
} from '@tetri/scheduler/simulation';

/** A trace from a log as CSV, checked: what is wrong with it is named with its place, such as `requests[3].steps`. */
export function readLog(csv: string, profile: Profile): Trace {
  const lines = parse<Record<string, string>>(csv, { bom: true, columns: true, skip_empty_lines: true, trim: true });
  const requests = lines.map(({ timestamp = '', width, height, steps, sloMs }, index) => {
    const arrivalMs = dateMs(timestamp);
    const shape = `${width}x${height}`;
    const deadlineMs = arrivalMs + positive(sloMs);
    return { id: `r${index + 1}`, shape, steps: positive(steps), arrivalMs, deadlineMs };
  });
  return parseTrace({ schemaVersion: 1, requests }, profile);
}

/** The moment of a date, the same on machines of every time zone; NaN, which `parseTrace()` refuses, for what is none. */
function dateMs(text: string): number {
  const form = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d:?\d\d)?$/;
  const [, day = '', time, zone = 'Z'] = form.exec(text) ?? [];
  // Date.parse() takes 30 February for 2 March.
  const isInCalendar = new Date(`${day}T00:00Z`).getUTCDate() === Number(day.slice(8));
  return isInCalendar ? Date.parse(`${day}T${time}${zone}`) : NaN;
}

/** A number above 0; NaN for what is none, such as a field that is empty, which `Number()` takes for 0. */
function positive(text = ''): number {
  return /^\d+(\.\d+)?$/.test(text) && Number(text) > 0 ? Number(text) : NaN;
}

// Not where it is imported by a test.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file = fileURLToPath(new URL('arrivals.csv', import.meta.url)), target = '0.95'] = process.argv.slice(2);
  const profile = builtinProfile('flux.1-dev_h100');
  const trace = readLog(readFileSync(file, 'utf8'), profile);
  const gpuCounts = gpuCountsUpTo(32, 8);
  console.log(
    `${trace.requests.length} requests; at their cheapest they keep ${offeredGpus(trace, profile).toFixed(1)} GPUs busy`,
  );

  for (const name of ['horizon', 'tetriserve', 'edf']) {
    const policy = createPolicy(name);
    const measure = (gpus: number): RunSummary => {
      const cluster = createCluster(gpus, 8);
      return summarize(simulate({ trace, profile, cluster, policy }), trace, cluster);
    };
    const expectedGpus = offeredGpus(trace, profile) / 0.8;
    const { gpus, trials } = await findCapacity({ target: Number(target), gpuCounts, expectedGpus, measure });
    const reached = trials.map(
      ({ gpus: count, measured }) => `${count}: ${(measured.sloAttainment * 100).toFixed(1)} %`,
    );
    console.log(
      `${name.padEnd(12)} ${gpus === null ? 'needs more than there are' : `needs ${gpus} GPUs`} (${reached.join(', ')})`,
    );
  }
}
