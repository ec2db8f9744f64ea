import { finite, nonNegative } from '../../model/check.js';
import { TetriError, type Assignment, type RoundPlan } from '../../model/index.js';
import { batchStepMsAt, type ShapeTimes } from '../../profile/index.js';
import { runsAlone } from './crashes.js';
import { isFree, type TrackedGpu, type TrackedRequest } from './state.js';
import type { Turn } from './turn.js';

/** Times are sums of fractions: a millionth of a millisecond away is now. */
export const toleranceMs = 1e-6;

/** Starts what the plan holds and whose GPUs are free; the rest stays pending. */
export function startChunks(turn: Turn): void {
  const { state } = turn;
  state.pending = state.pending.filter((assignment) => {
    const gpus = assignment.gpus.map((id) => state.gpus.get(id));
    // What lost a GPU or a member since it was planned is planned again.
    if (gpus.some((gpu) => gpu === undefined || gpu.lost)) return false;
    if (!assignment.requestIds.every((id) => state.requests.get(id)?.phase === 'waiting')) return false;
    const isReady = (gpu: TrackedGpu | undefined): boolean => isFree(gpu as TrackedGpu) && !turn.held.has(gpu!.id);
    if (assignment.startMs > state.nowMs + toleranceMs || !gpus.every(isReady)) return true;
    startChunk(turn, assignment);
    return false;
  });
}

/**
 * Checks what a chunk needs to be well-formed, since policies may come from third parties. Whether the plan is a good one is
 * not asked here.
 *
 * @throws `TetriError` `invalid-plan`
 */
export function checkAssignments(
  { state, settings, inLine }: Turn,
  { endMs: roundEndMs, assignments }: RoundPlan,
): void {
  const timesOf = (id: string): ShapeTimes => settings.profile.shape(state.requests.get(id)?.request.shape as string);
  if (roundEndMs !== null && !(finite(roundEndMs, 'endMs') > state.nowMs)) {
    throw new TetriError('invalid-plan', 'expected a round that ends after now', 'endMs', roundEndMs);
  }
  const used = new Set<string | number>();
  assignments.forEach(({ requestIds, gpus, degree, steps, startMs, endMs }, index) => {
    const path = `assignments[${index}]`;
    const refuse = (message: string, field: string, received: unknown): never => {
      throw new TetriError('invalid-plan', message, `${path}.${field}`, received);
    };
    if (requestIds.length === 0) refuse('expected at least one request', 'requestIds', requestIds);
    if (gpus.length !== degree || degree === 0) refuse('expected one GPU for each degree', 'gpus', gpus);
    for (const gpu of gpus) {
      if (state.gpus.get(gpu)?.lost !== false || used.has(gpu)) refuse('not a GPU that can be used', 'gpus', gpu);
      used.add(gpu);
    }
    if (new Set(gpus.map((gpu) => state.gpus.get(gpu)?.domain)).size > 1) {
      refuse('expected GPUs of one domain', 'gpus', gpus);
    }
    finite(startMs, `${path}.startMs`);
    nonNegative(finite(endMs, `${path}.endMs`) - startMs, `${path}.endMs`);
    for (const id of requestIds) {
      const tracked = state.requests.get(id);
      if (tracked !== undefined && runsAlone(tracked) && requestIds.length > 1)
        refuse(`request "${id}" has to run alone`, 'requestIds', id);
      if (tracked?.phase !== 'waiting' || inLine.has(tracked) || used.has(id))
        return refuse('not a request that waits', 'requestIds', id);
      used.add(id);
      if (!(Number.isInteger(steps) && steps >= 1 && steps <= tracked.request.steps - tracked.stepsDone)) {
        refuse(`request "${id}" has no such number of steps left`, 'steps', steps);
      }
    }
    const times = timesOf(requestIds[0] as string);
    if (!requestIds.every((id) => timesOf(id).id === times.id))
      refuse('expected equal shapes', 'requestIds', requestIds);
    if (!times.degrees.includes(degree)) refuse(`${times.id} does not have this degree`, 'degree', degree);
    if (batchStepMsAt(times, requestIds.length, degree) === undefined) {
      refuse('not a batch that was measured at this degree', 'requestIds', requestIds);
    }
  });
}

/**
 * Starts a chunk now, on GPUs that are free.
 *
 * @param ahead - whether it is started ahead of all plans
 */
export function startChunk({ state, commands }: Turn, assignment: Assignment, ahead = false): void {
  const { requestIds, gpus, degree, steps } = assignment;
  const chunkId = state.nextChunkId++;
  const startMs = state.nowMs;
  const endMs = startMs + assignment.endMs - assignment.startMs;
  const members = requestIds.map((id) => state.requests.get(id) as TrackedRequest);
  const encode = requestIds.filter((_, index) => members[index]?.encoded === false);
  for (const member of members) {
    member.phase = 'running';
    member.lastGpus = gpus;
  }
  for (const id of gpus) {
    const gpu = state.gpus.get(id) as TrackedGpu;
    gpu.chunkId = chunkId;
    gpu.busyUntilMs = endMs;
  }
  const chunk = { chunkId, requestIds, gpus, steps, startMs, endMs, ahead };
  state.chunks.set(chunkId, { ...chunk, aborting: false, stoppedMs: null });
  const fromSteps = members.map((member) => member.stepsDone);
  commands.push({ type: 'run', chunkId, requestIds, encode, gpus, degree, fromSteps, steps });
}
