import { nonNegative } from '../../model/check.js';
import { batchStepMsAt, type Profile } from '../../profile/index.js';

/**
 * The chunk that is to be executed: the `run` command of the scheduler core, as far as its duration depends on it.
 *
 * @experimental
 */
export interface ChunkToRun {
  /** Its members, at least one. */
  readonly requestIds: readonly string[];
  /** The members that are encoded first, one after another. */
  readonly encode: readonly string[];
  /** The group; the degree is its length. */
  readonly gpus: readonly number[];
  /** Steps for every member, at least 1. */
  readonly steps: number;
}

/**
 * When the parts of a chunk happen, in ms.
 *
 * @experimental
 */
export interface ChunkTimeline {
  /** Start of the chunk. */
  readonly startMs: number;
  /** The encodings, one after another. */
  readonly encodings: readonly { readonly requestId: string; readonly startMs: number; readonly endMs: number }[];
  /** End of the encodings, and start of the move to other GPUs if there is one. */
  readonly encodedMs: number;
  /** Start of the first step. */
  readonly firstStepMs: number;
  /** One step. */
  readonly stepMs: number;
  /** End of the last step. */
  readonly endMs: number;
}

/**
 * What the simulated GPUs are like.
 *
 * @experimental
 */
export interface ExecutionModelOptions {
  /** What steps cost. */
  readonly profile: Profile;
  /** The shape of a request, by its id. */
  readonly shapeOf: (requestId: string) => string;
  /** Cost of running a request on other GPUs, or on fewer or more of them, than its last chunk, in ms. Default 2. */
  readonly switchMs?: number;
  /** Noise of the step times; default none. */
  readonly noise?: {
    /** A standard normal deviate, a new one each call. */
    readonly deviate: () => number;
    /** Coefficient of variation of one step. Default: that of the shape in the profile, 0 where it has none. */
    readonly stepCv?: number;
  };
}

/**
 * How long things take on simulated GPUs: step times of the profile, the cost of changing degree or GPUs, encoding and decoding.
 * It knows no clock; shells on virtual and on real time use the same one.
 *
 * @experimental
 */
export interface ExecutionModel {
  /** The timeline of a chunk that starts now, and from now on the last one of its members. */
  run(chunk: ChunkToRun, atMs: number): ChunkTimeline;
  /** When the result of a request is decoded if that is asked for now: one after another on each GPU, in ms. */
  decode(requestId: string, gpu: number, atMs: number): { readonly startMs: number; readonly endMs: number };
  /** Forgets a request. */
  release(requestId: string): void;
  /** Forgets what a GPU is decoding. */
  lose(gpu: number): void;
}

/**
 * A noisy chunk is never further than this many standard deviations from the profile, so that a checker of run logs can hold it to
 * a bound.
 */
const maxDeviate = 4;

/**
 * The times of simulated GPUs on which nothing has run yet: what `simulate()` and `createSimulatedBackend()` are built on, for a
 * simulator of your own.
 *
 * @throws `TetriError` `out-of-range` for a negative cost or noise
 *
 * @experimental
 */
export function createExecutionModel(options: ExecutionModelOptions): ExecutionModel {
  const { profile, shapeOf, noise } = options;
  const switchMs = nonNegative(options.switchMs ?? 2, 'switchMs');
  if (noise?.stepCv !== undefined) nonNegative(noise.stepCv, 'noise.stepCv');
  const lastGpus = new Map<string, string>();
  const decoderFreeMs = new Map<number, number>();

  const noiseOf = (steps: number, profileCv: number | undefined): number => {
    if (noise === undefined) return 1;
    const deviate = Math.max(-maxDeviate, Math.min(maxDeviate, noise.deviate()));
    // The mean of n independent steps varies by a factor of sqrt(n) less than one step.
    const factor = 1 + (deviate * (noise.stepCv ?? profileCv ?? 0)) / Math.sqrt(steps);
    // However wild the noise, a step takes time.
    return Math.max(0.1, factor);
  };

  return {
    run({ requestIds, encode, gpus, steps }, atMs) {
      const times = profile.shape(shapeOf(requestIds[0] as string));
      let encodedMs = atMs;
      const encodings = encode.map((requestId) => {
        const startMs = encodedMs;
        encodedMs += times.encodeMs;
        return { requestId, startMs, endMs: encodedMs };
      });
      const group = [...gpus].sort((a, b) => a - b).join();
      const moves = requestIds.some((id) => (lastGpus.get(id) ?? group) !== group);
      for (const id of requestIds) lastGpus.set(id, group);
      const stepMs = batchStepMsAt(times, requestIds.length, gpus.length);
      if (stepMs === undefined)
        throw new Error(`no step time for ${requestIds.length} x ${times.id} on ${gpus.length} GPUs`);
      const noisyStepMs = stepMs * noiseOf(steps, times.stepCv);
      const firstStepMs = encodedMs + (moves ? switchMs : 0);
      const endMs = firstStepMs + steps * noisyStepMs;
      return { startMs: atMs, encodings, encodedMs, firstStepMs, stepMs: noisyStepMs, endMs };
    },
    decode(requestId, gpu, atMs) {
      const startMs = Math.max(atMs, decoderFreeMs.get(gpu) ?? -Infinity);
      const endMs = startMs + profile.shape(shapeOf(requestId)).decodeMs;
      decoderFreeMs.set(gpu, endMs);
      return { startMs, endMs };
    },
    release(requestId) {
      lastGpus.delete(requestId);
    },
    lose(gpu) {
      decoderFreeMs.delete(gpu);
    },
  };
}
