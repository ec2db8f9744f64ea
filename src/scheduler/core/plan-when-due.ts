import type { RoundPlan } from '../../model/index.js';
import { planRound } from '../../policies/index.js';
import type { GpuState, RequestState, RoundInput } from '../../rounds/index.js';
import { runsAlone } from './crashes.js';
import { usableGpus } from './health.js';
import { checkAssignments, startChunks, toleranceMs } from './start-chunks.js';
import { isFree, type CoreState, type TrackedChunk, type TrackedRequest } from './state.js';
import type { Turn } from './turn.js';

/**
 * How long a boundary waits for chunks that should have ended by then, as a share of the round. Rounds end together only if a
 * chunk that is a few milliseconds late does not lose its request the whole next round; a stuck one must not stop the others.
 */
const boundaryGrace = 0.05;

/** When planning is tried again after it failed, if nothing else happens before. */
const retryMs = 1000;

/** What a second chance weighs, on top of the weight of the request: more than any number of deadlines that are met for it. */
const secondWeight = 1000;

/** Plans if it is time to, and starts what was planned. */
export function planWhenDue(turn: Turn): void {
  const { state, settings, commands } = turn;
  if (!isDue(turn)) {
    startChunks(turn);
    return;
  }
  const hasFreeGpu = [...state.gpus.values()].some((gpu) => isFree(gpu) && !turn.held.has(gpu.id));
  const hasWaiting = [...state.requests.values()].some(
    (tracked) => tracked.phase === 'waiting' && !turn.inLine.has(tracked),
  );
  state.pending = [];
  state.roundEndMs = null;
  // With nothing to decide, no round is opened: the next event will.
  if (!hasWaiting || !hasFreeGpu) return;
  const input = roundInput(turn);
  let plan: RoundPlan;
  try {
    plan = planRound(input, settings.policy);
    checkAssignments(turn, plan);
    settings.onPlan?.(input, plan);
  } catch (error) {
    // What the events of this turn already led to must not be lost with the plan.
    commands.push({ type: 'plan-failed', error });
    // A round that is over already: the next event starts another one, and one is sure to come.
    state.roundEndMs = state.nowMs;
    state.roundMs = 0;
    commands.push({ type: 'wake', atMs: state.nowMs + retryMs });
    return;
  }
  state.pending = plan.assignments;
  state.roundEndMs = plan.endMs;
  state.roundMs = plan.endMs === null ? 0 : plan.endMs - plan.startMs;
  startChunks(turn);
  if (plan.endMs !== null) commands.push({ type: 'wake', atMs: plan.endMs });
  for (const { startMs } of state.pending) commands.push({ type: 'wake', atMs: startMs });
}

function isDue({ state, settings, commands, changed }: Turn): boolean {
  const { roundEndMs, nowMs } = state;
  if (roundEndMs === null || settings.policy.replanOn === 'event') {
    return changed || (roundEndMs !== null && nowMs >= roundEndMs - toleranceMs);
  }
  // Nobody is left to keep in step with, so the round is over.
  if (changed && state.chunks.size === 0 && state.pending.length === 0) return true;
  if (nowMs < roundEndMs - toleranceMs) return false;
  const patienceEndMs = roundEndMs + boundaryGrace * state.roundMs;
  // Chunks of this round, that is: one that is stuck since an earlier round is not waited for again.
  const overdue = [...state.chunks.values()].some(
    ({ endMs }) => endMs <= patienceEndMs && endMs > roundEndMs - state.roundMs,
  );
  if (!overdue || nowMs >= patienceEndMs - toleranceMs) return true;
  commands.push({ type: 'wake', atMs: patienceEndMs });
  return false;
}

/** What the planner is told. */
function roundInput({ state, settings, held, inLine }: Turn): RoundInput {
  const { nowMs } = state;
  const { profile } = settings;
  const requests: RequestState[] = [];
  const chunkOf = new Map<string, TrackedChunk>();
  for (const chunk of state.chunks.values()) for (const id of chunk.requestIds) chunkOf.set(id, chunk);
  let needed = 0;
  for (const tracked of state.requests.values()) {
    // One that is taken back only waits for its GPUs to be released; decoding keeps a GPU busy, not a planner.
    if (tracked.ending !== null || tracked.phase === 'undecoded' || tracked.phase === 'decoding') continue;
    if (inLine.has(tracked)) continue;
    needed = Math.max(needed, profile.shape(tracked.request.shape).degrees[0] as number);
    requests.push(requestState(tracked, chunkOf.get(tracked.request.id), state));
  }
  const gpus = usableGpus(state, needed).map(({ gpu, domain }): GpuState => {
    const freeMs = isFree(gpu) ? nowMs : stillBusyUntilMs(gpu.busyUntilMs, nowMs);
    return { id: gpu.id, domain, busyUntilMs: Math.max(freeMs, held.get(gpu.id) ?? -Infinity) };
  });
  const listed = new Set(gpus.map(({ id }) => id));
  return {
    nowMs,
    // A chunk may run on GPUs that are no longer planned with.
    requests: requests.map((request) =>
      request.running === undefined || request.running.gpus.every((id) => listed.has(id))
        ? request
        : { ...request, running: { ...request.running, gpus: request.running.gpus.filter((id) => listed.has(id)) } },
    ),
    gpus,
    profile,
  };
}

function requestState(tracked: TrackedRequest, chunk: TrackedChunk | undefined, state: CoreState): RequestState {
  const { request, stepsDone, encoded, lastGpus } = tracked;
  const { id, shape, steps, arrivalMs, startStep } = request;
  const { secondDeadlineMs } = tracked;
  const deadlineMs = secondDeadlineMs ?? request.deadlineMs;
  const weight = request.weight + (secondDeadlineMs === null ? 0 : secondWeight);
  const known = {
    id,
    shape,
    steps,
    arrivalMs,
    deadlineMs,
    startStep,
    weight,
    stepsDone,
    encoded,
    lastGpus,
    batchable: !runsAlone(tracked),
  };
  if (chunk === undefined) return known;
  const endMs = stillBusyUntilMs(chunk.endMs, state.nowMs);
  return { ...known, running: { gpus: chunk.gpus, steps: chunk.steps, startMs: chunk.startMs, endMs } };
}

/** Something that should have ended and has not is taken to end in a moment, never to have ended. */
function stillBusyUntilMs(expectedMs: number, nowMs: number): number {
  return Math.max(expectedMs, nowMs + 1);
}
