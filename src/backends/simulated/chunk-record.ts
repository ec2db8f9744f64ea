import type { SimulatedState } from './simulated-state.js';

/**
 * Something that simulated GPUs did: as a line of a run log, but for `cut: 'failed'`, which run logs do not know. Times are those
 * of the clock of the backend.
 */
export interface SimulatedChunkRecord {
  /** The request, or the members of a batch. */
  readonly requestIds: readonly string[];
  /** The GPUs that did it; one for `encode` and `decode`. */
  readonly gpus: readonly number[];
  /** `gpus.length`. */
  readonly degree: number;
  /** Start, in ms; waiting for a turn is not part of it, moving to other GPUs is. */
  readonly startMs: number;
  /** End, in ms. */
  readonly endMs: number;
  /** Denoising steps that were completed for every member and not lost; 0 for `encode` and `decode`. */
  readonly steps: number;
  /** The step each member started from, aligned with `requestIds`. Absent for `encode` and `decode`. */
  readonly fromSteps?: readonly number[];
  /** What was done; absent for denoising. */
  readonly stage?: 'encode' | 'decode';
  /**
   * Why it ended before it was done: an abort, `release` or `close` (`cancelled`), a lost GPU or backend (`gpu-lost`), or an
   * error (`failed`). Absent for what ran to its end.
   */
  readonly cut?: ChunkCut;
}

/** Why a chunk ended before it was done. */
export type ChunkCut = 'cancelled' | 'gpu-lost' | 'failed';

/** What is done in a turn on GPUs. */
export type Stage = 'encode' | 'denoise' | 'decode';

/** What a record is made of; `undefined` where the record has no such field. */
export interface ChunkFacts {
  readonly stage: Stage;
  readonly members: readonly SimulatedState[];
  readonly gpus: readonly number[];
  readonly startMs: number;
  readonly endMs: number;
  readonly steps: number;
  readonly fromSteps: readonly number[];
  readonly cut: ChunkCut | undefined;
}

/** The record of a chunk; `undefined` for one that is not worth it. */
export function recordChunk(facts: ChunkFacts): SimulatedChunkRecord | undefined {
  const { stage, members, gpus, startMs, endMs, steps, fromSteps, cut } = facts;
  // A decoding that takes no time tells something only if it was late: then the request ended with it, not with its last step.
  const wasLate = stage === 'decode' && members.some(({ lastEndMs }) => endMs > lastEndMs);
  if (endMs <= startMs && !wasLate) return undefined;
  return {
    requestIds: members.map(({ requestId }) => requestId),
    gpus,
    degree: gpus.length,
    startMs,
    endMs,
    ...(stage === 'denoise' ? { steps, fromSteps } : { steps: 0, stage }),
    ...(cut === undefined ? {} : { cut }),
  };
}
