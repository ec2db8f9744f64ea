/**
 * How many GPUs do I need? Replays a log of arrivals on simulated GPUs: who meets how many deadlines, by policy and GPU count.
 *
 *     npx tsx examples/replay-your-trace/index.ts [FILE.csv] [TARGET]
 *
 * Give it your own log: `timestamp,width,height,steps,sloMs`, one request a line, with a date of ISO 8601 and the milliseconds
 * in which the request is due. If yours is of another form, change `readLog()`. If your model or GPU is not FLUX.1-dev on H100, measure
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
    const arrivalMs = Date.parse(timestamp);
    const shape = `${width}x${height}`;
    return { id: `r${index + 1}`, shape, steps: Number(steps), arrivalMs, deadlineMs: arrivalMs + Number(sloMs) };
  });
  return parseTrace({ schemaVersion: 1, requests }, profile);
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
