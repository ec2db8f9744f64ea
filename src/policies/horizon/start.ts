import { placeChunk } from './chunk.js';
import { narrowestFor, toleranceMs } from './curve.js';
import type { Floor } from './floor.js';
import type { Forecast } from './forecast.js';
import type { Job } from './jobs.js';
import type { Ledger } from './ledger.js';

/** What chunks are started with. */
export interface Start {
  /** Where they are placed. */
  readonly floor: Floor;
  /** What they are noted in. */
  readonly ledger: Ledger;
  /** Part of a step that a deadline is kept clear of. */
  readonly marginSteps: number;
  /** How long a chunk of several steps may take. */
  readonly chunkMs: number;
}

/**
 * Acts on the first moment of a forecast: starts a chunk of every kept job that runs in it, earliest deadline first. In reality a step
 * is not divisible, and its GPUs are not to be had before it ends. So
 *
 * - what a job in mid-chunk will need when its chunk ends is held for it;
 * - a job that needs more GPUs than are free takes fewer, for one step, only if that brings it further than to wait for all; otherwise they
 *   are held;
 * - nothing starts on GPUs that are held unless it ends in time.
 */
export function startKept(
  jobs: readonly Job[],
  forecast: Forecast,
  { floor, ledger, marginSteps, chunkMs }: Start,
): void {
  const { kept, degreeNow, domainNow, needNow, servedMs } = forecast;
  jobs.forEach((job, i) => {
    if (kept[i] === 0) return;
    const { request } = job;
    if (request.running !== undefined) {
      holdNext(job, floor, marginSteps);
      return;
    }
    const need = needNow[i] as number;
    const running = degreeNow[i] as number;
    const atMs = servedMs[i] as number;
    // What others were to use in the forecast may have been held instead, and is free for steps that end in time.
    for (let k = Math.max(running, need); k >= (running >= need ? need : 0); k--) {
      if (k < need && !isWorthIt(job, k, need, atMs)) continue;
      const group = placeChunk(request, job.curve, k, k < need ? 0 : chunkMs, floor, domainNow[i]);
      if (group === undefined) continue;
      ledger.start(group, k > need ? 'scaled-up' : 'smallest-feasible-degree');
      return;
    }
    if (atMs < Infinity) floor.hold(job.curve.degrees[need] as number, atMs, request.lastGpus);
    ledger.wait(request, atMs < Infinity ? 'gpus-held' : 'no-capacity');
  });
}

/** Holds what a job in mid-chunk will need to meet its deadline when its chunk ends. */
function holdNext({ curve, steps, readyMs, byMs, request }: Job, floor: Floor, marginSteps: number): void {
  const need = narrowestFor(curve, steps + marginSteps, byMs - readyMs);
  floor.hold(curve.degrees[need < 0 ? curve.last : need] as number, readyMs, request.running?.gpus ?? []);
}

/**
 * Whether a job gets further by a step at fewer GPUs than it needs than by waiting for all that it needs.
 *
 * @param atMs - when it could have them
 */
function isWorthIt(job: Job, narrow: number, need: number, atMs: number): boolean {
  const { curve, steps, byMs } = job;
  const endMs = job.encodeMs + (curve.stepMs[narrow] as number);
  if (endMs + (steps - 1) * curve.minStepMs > byMs + toleranceMs) return false;
  const needMs = curve.stepMs[need] as number;
  return endMs <= atMs + toleranceMs || endMs + (steps - 1) * needMs <= atMs + job.encodeMs + steps * needMs;
}
