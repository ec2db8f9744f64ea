import { batchStepMsAt, observeSteps, type StepCorrection } from '../../profile/index.js';
import { judgeFailure, judgeSpeed } from './health.js';
import type { CoreState, TrackedChunk, TrackedGpu, TrackedRequest } from './state.js';
import type { Turn } from './turn.js';

/**
 * How long an observation counts, in ms. A degree that was slow once is not used, and so not observed any more; without this it would be held
 * against it for ever.
 */
const forgetMs = 300_000;
/** Shapes whose step times are remembered at most; beyond it the one that was observed first is forgotten. */
const maxShapes = 1024;

/** Learns from the duration of a chunk: about its shape and degree, and about its GPUs. */
export function observeChunk(turn: Turn, chunk: TrackedChunk, steps: number, durationMs: number | undefined): void {
  const { state, settings } = turn;
  const gpus = chunk.gpus.map((id) => state.gpus.get(id) as TrackedGpu);
  if (steps > 0) for (const gpu of gpus) [gpu.failedChunks, gpu.failedRequest] = [0, null];
  if (durationMs === undefined || !(durationMs > 0) || steps <= 0) return;
  const { shape } = (state.requests.get(chunk.requestIds[0] as string) as TrackedRequest).request;
  const degree = chunk.gpus.length;
  const expectedMs = batchStepMsAt(settings.profile.shape(shape), chunk.requestIds.length, degree);
  const measured = settings.measured.shape(shape);
  const measuredMs = batchStepMsAt(measured, chunk.requestIds.length, degree);
  if (expectedMs === undefined || measuredMs === undefined) return;
  const stepMs = durationMs / steps;
  judgeSpeed(turn, gpus, stepMs / expectedMs);
  // What a GPU that is under suspicion does says little about the shape.
  if (gpus.some(({ health }) => health !== 'good')) return;
  forget(state);
  let byDegree = state.corrections.get(measured.id);
  if (byDegree === undefined) {
    if (state.corrections.size >= maxShapes) state.corrections.delete(state.corrections.keys().next().value as string);
    byDegree = new Map<number, StepCorrection>();
    state.corrections.set(measured.id, byDegree);
  }
  byDegree.set(degree, observeSteps(byDegree.get(degree), measured.id, degree, stepMs / measuredMs, state.nowMs));
}

function forget({ corrections, nowMs }: CoreState): void {
  for (const [shape, byDegree] of corrections) {
    for (const [degree, { observedMs }] of byDegree) if (observedMs < nowMs - forgetMs) byDegree.delete(degree);
    if (byDegree.size === 0) corrections.delete(shape);
  }
}

/** Takes note of a chunk that failed by an error that nobody is to blame for. */
export function observeFailure(turn: Turn, chunk: TrackedChunk): void {
  judgeFailure(
    turn,
    chunk.gpus.map((id) => turn.state.gpus.get(id) as TrackedGpu),
    chunk.requestIds[0] as string,
  );
}
