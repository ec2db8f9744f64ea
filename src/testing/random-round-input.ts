import type { StepProfile, StepProfileShape } from '../profile/index.js';
import type { GpuState, RequestState, RoundInput, RunningChunk } from '../rounds/index.js';
import { randomStreams, type RandomSource } from '../simulation/random.js';
import { drawChance, drawOne, drawOrder, drawSome, drawWhole } from './draws.js';
import { randomStepProfile, type RandomProfileOptions } from './random-profile.js';
import { toRoundInput, type RoundInputData } from './round-input-data.js';

/** How {@link randomRoundInput} draws. */
export interface RandomRoundInputOptions extends RandomProfileOptions {
  /** How many requests; a whole number of at least 0. Default: 0 to 12. */
  readonly requests?: number;
  /** How many GPUs; a whole number of at least 0. Default: 1 to 10. */
  readonly gpus?: number;
  /** How many NVLink domains at most; a whole number of at least 1. Default: 1 to 3. */
  readonly domains?: number;
  /** Whether every GPU is free, every request has arrived, and none is in mid-chunk. Default `false`. */
  readonly quiet?: boolean;
  /** What steps cost. Default: a random profile. */
  readonly profile?: StepProfile;
}

/**
 * A random situation that a scheduler can be in: requests that are late, tight, relaxed or not there yet, some in mid-chunk, some
 * with GPUs that they had before, with weights, with cache hits; GPUs that are busy, in several domains, with gaps between
 * their ids.
 *
 * Every part is drawn from its own stream, so that other GPUs do not mean other requests.
 *
 * @param seed - a whole number of at least 0; the same one gives the same input
 * @throws `TetriError` `invalid-type`, `out-of-range`
 */
export function randomRoundInput(seed: number, options: RandomRoundInputOptions = {}): RoundInput {
  return toRoundInput(randomRoundInputData(seed, options));
}

/** {@link randomRoundInput} as plain data. */
export function randomRoundInputData(seed: number, options: RandomRoundInputOptions = {}): RoundInputData {
  const streams = randomStreams(seed);
  const profile = options.profile ?? randomStepProfile(seed, options);
  const time = (ms: number): number => (options.fractional === true ? ms : Math.round(ms));
  const nowMs = time(streams('clock')() * drawOne(streams('epoch'), [10, 10_000, 2 ** 40]));
  const gpus = randomGpus(streams('gpus'), options);
  const random = streams('requests');
  const count = options.requests ?? drawWhole(random, 0, 12);
  const requests = Array.from({ length: count }, (_, index) =>
    randomRequest(random, `r${index}`, nowMs, profile, gpus, options.quiet === true, time),
  );
  const data = { nowMs, requests: drawOrder(streams('order'), requests), gpus, profile };
  return options.quiet === true ? data : addChunks(addBusy(data, streams('busy'), time), streams('chunks'), time);
}

function randomGpus(random: RandomSource, options: RandomRoundInputOptions): GpuState[] {
  const count = options.gpus ?? drawWhole(random, 1, 10);
  const domains = options.domains ?? drawWhole(random, 1, 3);
  const hasGaps = drawChance(random, 0.3);
  const isMixed = drawChance(random, 0.2);
  const ids = drawOrder(random, [...Array(hasGaps ? 2 * count : count).keys()]).slice(0, count);
  // Domains of neighbours, as servers number them, or in no order at all. One domain may go without saying.
  const sorted = [...ids].sort((a, b) => a - b);
  return ids.map((id) => {
    const domain = isMixed ? drawWhole(random, 0, domains - 1) : Math.floor((sorted.indexOf(id) * domains) / count);
    return domains === 1 && drawChance(random, 0.5) ? { id } : { id, domain };
  });
}

function randomRequest(
  random: RandomSource,
  id: string,
  nowMs: number,
  profile: StepProfile,
  gpus: readonly GpuState[],
  quiet: boolean,
  time: (ms: number) => number,
): RequestState {
  const shape = drawOne(random, profile.shapes);
  const steps = drawWhole(random, 1, drawOne(random, [3, 12, 50]));
  const startStep = drawChance(random, 0.2) ? drawWhole(random, 0, steps - 1) : undefined;
  const stepsDone = drawChance(random, 0.5) ? drawWhole(random, startStep ?? 0, steps - 1) : undefined;
  const remaining = steps - (stepsDone ?? startStep ?? 0);
  const isEarly = !quiet && drawChance(random, 0.08);
  const arrivalMs = isEarly ? nowMs + time(1 + random() * 500) : nowMs - time(random() * 4000);
  const fastestMs = (shape.encodeMs ?? 0) + remaining * fastestStepMs(shape) + (shape.decodeMs ?? 0);
  const slackMs = time(fastestMs * random() * drawOne(random, [0, 0.3, 2, 15]));
  const dueMs = drawChance(random, 0.15) ? nowMs - time(random() * 500) : nowMs + fastestMs + slackMs;
  return {
    id,
    shape: shape.id,
    steps,
    arrivalMs,
    deadlineMs: Math.max(arrivalMs, dueMs),
    ...(startStep !== undefined && { startStep }),
    ...(stepsDone !== undefined && { stepsDone }),
    ...(drawChance(random, 0.3) && { weight: drawOne(random, [0.5, 1, 2, 3, 10]) }),
    ...(drawChance(random, 0.1) && { encoded: drawChance(random, 0.5) }),
    ...(drawChance(random, 0.4) && { lastGpus: randomLastGpus(random, gpus) }),
    ...(drawChance(random, 0.1) && { batchable: false }),
  };
}

/** GPUs of a former chunk, of one domain; or none, or some that are gone by now. */
function randomLastGpus(random: RandomSource, gpus: readonly GpuState[]): number[] {
  if (gpus.length === 0 || drawChance(random, 0.1)) return [];
  const { domain } = drawOne(random, gpus);
  const last = drawSome(
    random,
    gpus.filter((gpu) => gpu.domain === domain),
    drawOne(random, [0.2, 0.5, 1]),
  ).map(({ id }) => id);
  return drawChance(random, 0.1) ? [...last, 1000] : last;
}

/** Makes some GPUs busy: they decode, or belong to somebody else for a while. */
function addBusy(data: RoundInputData, random: RandomSource, time: (ms: number) => number): RoundInputData {
  const share = drawOne(random, [0, 0, 0.2, 0.8]);
  const gpus = data.gpus.map((gpu) =>
    drawChance(random, share) ? { ...gpu, busyUntilMs: data.nowMs + time((random() - 0.2) * 600) } : gpu,
  );
  return { ...data, gpus };
}

/** Puts some requests in mid-chunk, alone or as a batch, each group on GPUs of its own. */
function addChunks(data: RoundInputData, random: RandomSource, time: (ms: number) => number): RoundInputData {
  const { nowMs, gpus, requests } = data;
  if (!drawChance(random, 0.5)) return data;
  const open = new Set(gpus.map(({ id }) => id));
  const chunks: { readonly shape: string; readonly running: RunningChunk }[] = [];
  const inChunks = requests.map((request) => {
    const remaining = request.steps - (request.stepsDone ?? request.startStep ?? 0);
    const friend = chunks.find(({ shape, running }) => shape === request.shape && running.steps <= remaining);
    if (friend !== undefined && drawChance(random, 0.2)) return { ...request, running: friend.running };
    if (open.size === 0 || request.arrivalMs > nowMs || !drawChance(random, 0.3)) return request;
    const { domain } = drawOne(
      random,
      gpus.filter(({ id }) => open.has(id)),
    );
    const group = drawSome(
      random,
      gpus.filter((gpu) => gpu.domain === domain && open.has(gpu.id)),
      0.4,
    );
    const running: RunningChunk = {
      gpus: group.map(({ id }) => id),
      steps: drawWhole(random, 1, remaining),
      startMs: nowMs - time(random() * 300),
      // A chunk may also be overdue.
      endMs: nowMs + time((random() - 0.1) * 400),
    };
    if (running.endMs < running.startMs) return request;
    for (const { id } of group) open.delete(id);
    chunks.push({ shape: request.shape, running });
    return { ...request, running };
  });
  const taken = new Set(chunks.flatMap(({ running }) => running.gpus));
  // What runs on a GPU says how long it is busy; another time beside that would contradict it.
  return {
    ...data,
    requests: inChunks,
    gpus: gpus.map(({ busyUntilMs, ...gpu }) =>
      busyUntilMs === undefined || taken.has(gpu.id) ? gpu : { ...gpu, busyUntilMs },
    ),
  };
}

function fastestStepMs(shape: StepProfileShape): number {
  return Math.min(...Object.values(shape.stepMs));
}
