import { flag, list, nonNegative, record, show, time, whole } from '../model/check.js';
import { compareRequests, parseGpuIds, parseRequest, TetriError, type PlanOutcome } from '../model/index.js';
import { restrictDegrees } from '../parallelism/index.js';
import type { Profile, ShapeTimes } from '../profile/index.js';
import type { PlanningGpu, PlanningInput, PlanningRequest } from './planning-input.js';
import type { GpuState, RequestState, RoundInput, RunningChunk } from './round-input.js';

/**
 * Checks a round input and sorts it into what can be planned and what cannot.
 *
 * @throws `TetriError` with the path to the first field that is wrong: `invalid-type`, `out-of-range`,
 * `duplicate-request`, `duplicate-gpu`, `unknown-gpu`, `invalid-shape`, `unknown-shape`, `deadline-before-arrival`,
 * `too-many-steps-done`
 *
 * Complexity: O(R log R + N log N) for R requests and N GPUs.
 */
export function parseRoundInput(input: RoundInput): PlanningInput {
  record(input, '');
  const nowMs = time(input.nowMs, 'nowMs');
  const profile = record(input.profile, 'profile') as unknown as Profile;
  if (typeof profile.shape !== 'function') {
    throw new TetriError('invalid-type', 'expected a Profile, as made by parseProfile()', 'profile', profile);
  }
  const freeAtMs = parseGpus(input.gpus, nowMs);
  const maxDegree = sizeOfLargestDomain(input.gpus);
  const fitting = fittingDegrees(maxDegree);
  const ids = new Set<string>();
  const all: PlanningRequest[] = [];
  const states = list(input.requests, 'requests') as readonly RequestState[];
  for (let index = 0; index < states.length; index++) {
    const path = `requests[${index}]`;
    const state = states[index] as RequestState;
    const request = parseRequest(state, path);
    if (ids.has(request.id)) {
      throw new TetriError('duplicate-request', `request ${show(request.id)} stands twice`, `${path}.id`, request.id);
    }
    ids.add(request.id);
    const measured = profile.shape(request.shape, `${path}.shape`);
    const times = fitting(measured);
    const stepsDone = parseStepsDone(state, request.steps, request.startStep, path);
    const remainingSteps = request.steps - stepsDone;
    const encoded =
      state.encoded === undefined ? stepsDone > request.startStep : flag(state.encoded, `${path}.encoded`);
    // Field by field: a spread here is several times slower than all the checks together.
    all.push({
      id: request.id,
      shape: request.shape,
      steps: request.steps,
      arrivalMs: request.arrivalMs,
      deadlineMs: request.deadlineMs,
      startStep: request.startStep,
      weight: request.weight,
      stepsDone,
      remainingSteps,
      lastGpus: state.lastGpus === undefined ? none : parseGpuIds(state.lastGpus, `${path}.lastGpus`),
      batchable: state.batchable === undefined || flag(state.batchable, `${path}.batchable`),
      running: state.running === undefined ? undefined : parseRunning(state.running, freeAtMs, remainingSteps, path),
      times,
      encodeMs: encoded ? 0 : measured.encodeMs,
      lastStepByMs: request.deadlineMs - measured.decodeMs,
    });
  }
  const waiting: PlanningRequest[] = [];
  const running: PlanningRequest[] = [];
  const decided: PlanOutcome[] = [];
  for (const request of all.sort(compareRequests)) {
    const requestId = request.id;
    if (request.running !== undefined) {
      running.push(request);
      decided.push({ requestId, status: 'running', reason: 'mid-chunk' });
    } else if ((request.times.degrees[0] as number) > maxDegree) {
      const reason = freeAtMs.size === 0 ? 'no-gpus' : 'no-fitting-degree';
      decided.push({ requestId, status: 'infeasible', reason });
    } else if (request.arrivalMs > nowMs) {
      decided.push({ requestId, status: 'deferred', reason: 'not-arrived' });
    } else {
      waiting.push(request);
    }
  }
  const gpus: PlanningGpu[] = input.gpus.map((gpu) => ({
    id: gpu.id,
    domain: gpu.domain ?? 0,
    freeAtMs: freeAtMs.get(gpu.id) as number,
  }));
  return {
    nowMs,
    profile,
    gpus: gpus.sort((a, b) => a.id - b.id),
    largestDomain: maxDegree,
    waiting,
    running,
    order: all.map((request) => request.id),
    decided,
  };
}

const none: readonly number[] = [];

/** Takes the degrees that are too large away, once a shape; a shape that has no other keeps them. */
function fittingDegrees(maxDegree: number): (times: ShapeTimes) => ShapeTimes {
  const byShape = new Map<ShapeTimes, ShapeTimes>();
  return (times) => {
    if ((times.degrees[times.degrees.length - 1] as number) <= maxDegree) return times;
    let restricted = byShape.get(times);
    if (restricted === undefined) byShape.set(times, (restricted = restrictDegrees(times, maxDegree) ?? times));
    return restricted;
  };
}

/** When each GPU is free, by id. */
function parseGpus(gpus: readonly GpuState[], nowMs: number): Map<number, number> {
  const freeAtMs = new Map<number, number>();
  const entries = list(gpus, 'gpus');
  for (let index = 0; index < entries.length; index++) {
    const path = `gpus[${index}]`;
    const gpu = record(entries[index], path);
    const id = whole(gpu['id'], `${path}.id`, 0);
    if (freeAtMs.has(id)) throw new TetriError('duplicate-gpu', `GPU ${id} stands twice`, `${path}.id`, id);
    if (gpu['domain'] !== undefined) whole(gpu['domain'], `${path}.domain`, 0);
    const busyUntilMs = gpu['busyUntilMs'];
    freeAtMs.set(id, busyUntilMs === undefined ? nowMs : Math.max(nowMs, time(busyUntilMs, `${path}.busyUntilMs`)));
  }
  return freeAtMs;
}

function sizeOfLargestDomain(gpus: readonly GpuState[]): number {
  const sizes = new Map<number, number>();
  let largest = 0;
  for (const { domain = 0 } of gpus) {
    const size = (sizes.get(domain) ?? 0) + 1;
    sizes.set(domain, size);
    if (size > largest) largest = size;
  }
  return largest;
}

function parseStepsDone(state: RequestState, steps: number, startStep: number, path: string): number {
  if (state.stepsDone === undefined) return startStep;
  const stepsDone = whole(state.stepsDone, `${path}.stepsDone`, startStep);
  if (stepsDone >= steps) {
    throw new TetriError(
      'too-many-steps-done',
      `no step is left of ${steps}: leave finished requests out`,
      `${path}.stepsDone`,
      stepsDone,
    );
  }
  return stepsDone;
}

/** Checks a running chunk, and keeps its GPUs busy until it ends. */
function parseRunning(
  value: RunningChunk,
  freeAtMs: Map<number, number>,
  remainingSteps: number,
  requestPath: string,
): RunningChunk {
  const path = `${requestPath}.running`;
  record(value, path);
  const startMs = time(value.startMs, `${path}.startMs`);
  const endMs = time(value.endMs, `${path}.endMs`);
  nonNegative(endMs - startMs, `${path}.endMs`);
  const steps = whole(value.steps, `${path}.steps`, 1);
  if (steps > remainingSteps) {
    throw new TetriError('too-many-steps-done', `only ${remainingSteps} steps are left`, `${path}.steps`, steps);
  }
  const gpus = parseGpuIds(value.gpus, `${path}.gpus`);
  for (let index = 0; index < gpus.length; index++) {
    const gpu = gpus[index] as number;
    const free = freeAtMs.get(gpu);
    if (free === undefined)
      throw new TetriError('unknown-gpu', `no GPU ${gpu} in this input`, `${path}.gpus[${index}]`, gpu);
    freeAtMs.set(gpu, Math.max(free, endMs));
  }
  return { gpus, steps, startMs, endMs };
}
