/** `npm run demo:dit`: real denoising on two CPU workers, served with deadlines; writes the pictures and a timeline. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { median } from 'd3-array';
import { createCudaBackend, type CudaArtifact, type CudaPayload } from '../src/backends/cuda/index.js';
import type { Backend, RunCall } from '../src/backends/index.js';
import { systemClock } from '../src/clock/index.js';
import { measureProfile } from '../src/measure/index.js';
import { createCluster } from '../src/model/index.js';
import { tetriserve } from '../src/policies/index.js';
import { parseProfile, type StepProfile } from '../src/profile/index.js';
import { chromeTrace } from '../src/report/index.js';
import { createScheduler, type RequestOutcome, type Scheduler } from '../src/scheduler/index.js';
import {
  createWorkload,
  fastestSlo,
  poissonArrivals,
  rateForLoad,
  simulate,
  summarize,
  weightedMix,
  type ChunkRecord,
  type Trace,
} from '../src/simulation/index.js';

const folder = join('demo-output', 'dit');
const folderOfWeights = process.argv[2] ?? 'models/shapes-dit';
const workers = 2;
const steps = 20;
const clock = systemClock();
const cluster = createCluster(workers);
const shapes = ['64x64', '128x128'];

const captions = [
  'a large red circle at the center on a plain blue background',
  'a small yellow square at the top left on a striped purple background',
  'a large green triangle at the bottom right on a plain white background',
  'a large blue ring at the center on a checkered yellow background',
  'a small orange cross at the bottom left on a plain black background',
  'a large purple square at the right and a small white circle at the left on a plain green background',
  'a large white ring at the bottom on a striped red background',
  'a small blue circle at the top right on a plain orange background',
];
const payloadOf = (index: number): CudaPayload => ({ prompt: captions[index % captions.length]!, seed: index });

const createBackend = () =>
  createCudaBackend({
    ...{ model: { adapter: 'shapes', path: folderOfWeights }, device: 'cpu', worldSize: workers, threads: 1 },
  });

/** What steps cost here and now. */
async function measure(): Promise<StepProfile> {
  const backend = createBackend();
  const opened = await backend.open(() => undefined);
  try {
    const accelerator = cpus()[0]?.model ?? 'CPU';
    const plan = { model: 'shapes-dit', accelerator, shapes, degrees: [1, 2], steps: 24, warmupSteps: 6 };
    return await measureProfile(backend, opened.cluster, plan, { clock, payload: payloadOf });
  } finally {
    await backend.close();
  }
}

/** The same backend, with a note of every chunk that it ran. */
function noting(backend: Backend<CudaPayload, CudaArtifact>, log: ChunkRecord[]): Backend<CudaPayload, CudaArtifact> {
  return {
    ...backend,
    async run(call: RunCall) {
      const startMs = clock.nowMs();
      const result = await backend.run(call);
      const { members, gpus } = call;
      const requestIds = members.map(({ requestId }) => requestId);
      const fromSteps = members.map(({ fromStep }) => fromStep);
      const [endMs, degree] = [clock.nowMs(), gpus.length];
      log.push({ requestIds, gpus, degree, startMs, endMs, steps: result.steps, fromSteps });
      return result;
    },
  };
}

/** Sends the requests when they are due to arrive, and waits for all of them. */
async function serve(scheduler: Scheduler<CudaPayload, CudaArtifact>, trace: Trace) {
  const startMs = clock.nowMs();
  const outcomes = await Promise.all(
    trace.requests.map(async ({ id, shape, arrivalMs, deadlineMs }, index) => {
      await new Promise((resolve) => setTimeout(resolve, arrivalMs));
      const request = { id, shape, steps, deadlineMs: startMs + deadlineMs };
      return scheduler.submit(request, { payload: payloadOf(index) }).outcome;
    }),
  );
  return { startMs, outcomes };
}

/** Degrees in the order of a request's chunks, such as `1 > 2 > 1`. */
function degreesOf(id: string, log: readonly ChunkRecord[]): readonly number[] {
  const degrees = log.filter(({ requestIds }) => requestIds.includes(id)).map(({ degree }) => degree);
  return degrees.filter((degree, index) => degree !== degrees[index - 1]);
}

/** What became of each request, beside what the simulator says of it. Returns how far that is off, as parts of each latency. */
function report(
  trace: Trace,
  outcomes: readonly RequestOutcome<CudaArtifact>[],
  log: readonly ChunkRecord[],
  simulatedEndMs: ReadonlyMap<string, number | null>,
): readonly number[] {
  const table = new Table({
    head: ['request', 'picture', 'degrees', 'due after s', 'on time', 'latency s', 'simulated s', 'error'],
    style: { head: [], border: [] },
  });
  const errors: number[] = [];
  trace.requests.forEach(({ id, shape, arrivalMs, deadlineMs }, index) => {
    const outcome = outcomes[index]!;
    const row = [id, shape, degreesOf(id, log).join(' > '), seconds(deadlineMs - arrivalMs)];
    if (outcome.status === 'completed') {
      const simulatedMs = (simulatedEndMs.get(id) ?? NaN) - arrivalMs;
      const error = simulatedMs / outcome.latencyMs - 1;
      errors.push(error);
      row.push(outcome.onTime ? 'yes' : 'no', seconds(outcome.latencyMs), seconds(simulatedMs), percent(error));
    } else row.push(outcome.status);
    table.push(row);
  });
  console.log(table.toString());
  return errors;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(2);
const percent = (part: number): string => `${(100 * part).toFixed(0)} %`;

console.log(`Measuring steps of the small model (${folderOfWeights}) on two CPU workers ...`);
const measured = await measure();
const profile = parseProfile(measured);
for (const { id, stepMs } of measured.shapes) {
  console.log(
    `  ${id}: ${Object.entries(stepMs)
      .map(([degree, ms]) => `${ms.toFixed(0)} ms on ${degree}`)
      .join(', ')}`,
  );
}

const mix = weightedMix(shapes, [3, 1]);
const rate = rateForLoad({ load: 0.6, gpus: workers, profile, mix, steps });
const trace = createWorkload({
  ...{ profile, requests: 16, steps, seed: 3, arrivals: poissonArrivals(rate), mix, slo: fastestSlo(2.5) },
});

console.log(`\nServing ${trace.requests.length} requests of ${steps} steps with real denoising ...`);
const log: ChunkRecord[] = [];
const scheduler = await createScheduler({ backend: noting(createBackend(), log), profile, clock });
const { startMs, outcomes } = await serve(scheduler, trace);
await scheduler.close();

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
let pictures = 0;
outcomes.forEach((outcome, index) => {
  if (outcome.status !== 'completed') return;
  const { id, shape } = trace.requests[index]!;
  writeFileSync(join(folder, `${id}-${shape}.png`), outcome.artifact.bytes);
  pictures++;
});
const shifted = log.map((chunk) => ({ ...chunk, startMs: chunk.startMs - startMs, endMs: chunk.endMs - startMs }));
writeFileSync(join(folder, 'timeline.trace.json'), chromeTrace(shifted, { trace, cluster }));
writeFileSync(join(folder, 'profile.json'), `${JSON.stringify(measured, null, 2)}\n`);

const run = simulate({ trace, profile, cluster, policy: tetriserve() });
const errors = report(trace, outcomes, log, new Map(run.records.map(({ requestId, endMs }) => [requestId, endMs])));
const { sloAttainment } = summarize(run, trace, cluster);
const onTime = outcomes.filter((outcome) => outcome.status === 'completed' && outcome.onTime).length;
const changes = trace.requests.reduce((sum, { id }) => sum + Math.max(0, degreesOf(id, log).length - 1), 0);
console.log(
  `${onTime} of ${outcomes.length} on time; ${changes} changes of degree
The same requests in the simulator: ${percent(sloAttainment)} on time, where ${percent(onTime / outcomes.length)} were; latencies off by ${percent(median(errors.map(Math.abs)) ?? NaN)} in the median
In ${folder}/ are ${pictures} pictures, the measured profile, and timeline.trace.json for https://ui.perfetto.dev.`,
);
if (pictures < outcomes.length) process.exitCode = 1;
