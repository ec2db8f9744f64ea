import type { GenerationRequest } from '../../model/index.js';

/** What survives a failed chunk: `intact` keeps the completed steps, `lost` sends the request back to its first step. */
export type RequestStateAfterFailure = 'intact' | 'lost';

/** Something that happened, and when. A time before that of an earlier event counts as that event's time. */
export type SchedulerEvent =
  | {
      /** A client asks for an image or a video. */
      readonly type: 'submit';
      readonly atMs: number;
      readonly request: GenerationRequest;
      /** It was accepted in an earlier life of the scheduler: it is not refused any more. Default `false`. */
      readonly accepted?: boolean;
      /** How often it was running in earlier lives when the process died. Default 0. */
      readonly crashes?: number;
    }
  | {
      /** A client takes a request back. Unknown and finished requests are ignored. */
      readonly type: 'cancel';
      readonly atMs: number;
      readonly requestId: string;
    }
  | {
      /** A chunk ended; after an `abort` possibly with fewer steps than asked for. Unknown chunks are ignored. */
      readonly type: 'chunk-done';
      readonly atMs: number;
      readonly chunkId: number;
      /** Steps that every member completed. */
      readonly steps: number;
      /** Members that are encoded now. Default: all if steps were completed, else none. */
      readonly encoded?: readonly string[];
      /** What the steps took on the GPUs, in ms; corrects the profile. Default: unknown. */
      readonly durationMs?: number;
    }
  | {
      /** A chunk failed. Unknown chunks are ignored. */
      readonly type: 'chunk-failed';
      readonly atMs: number;
      readonly chunkId: number;
      /** Steps that every member completed before the failure. */
      readonly steps: number;
      readonly state: RequestStateAfterFailure;
      /** A failure that comes from a lost GPU is no failure of the request, unless too many of them die while it runs. */
      readonly cause: 'gpu-lost' | 'error';
      /** For people. */
      readonly detail: string;
      /** Members that are encoded now; counts only where the state is intact. Default: all if steps were completed, else none. */
      readonly encoded?: readonly string[];
      /**
       * The members whose fault it is; the failure is not counted against the others. Default: unknown. Then it counts against a
       * request that ran alone; the members of a batch run alone from then on.
       */
      readonly blamed?: readonly string[];
    }
  | {
      /** The result of a request is decoded and delivered. */
      readonly type: 'finished';
      readonly atMs: number;
      readonly requestId: string;
    }
  | {
      /** Decoding failed. */
      readonly type: 'finish-failed';
      readonly atMs: number;
      readonly requestId: string;
      readonly state: RequestStateAfterFailure;
      readonly cause: 'gpu-lost' | 'error';
      /** For people. */
      readonly detail: string;
    }
  | {
      /** A decoding that was given up (`reset`) has ended after all: the GPU that it kept can be used again. */
      readonly type: 'decoding-over';
      readonly atMs: number;
      readonly gpu: number;
    }
  | {
      /**
       * A GPU is gone. It gets nothing new; each chunk and each decoding on it is expected to fail with its own event.
       */
      readonly type: 'gpu-lost';
      readonly atMs: number;
      readonly gpu: number;
    }
  | {
      /** A lost GPU works again. */
      readonly type: 'gpu-back';
      readonly atMs: number;
      readonly gpu: number;
    }
  | {
      /**
       * Whatever executes is gone: all chunks, decodings and states with it, and all GPUs until they are back. No other event follows for
       * what was running.
       */
      readonly type: 'backend-lost';
      readonly atMs: number;
      /** For people. */
      readonly detail: string;
    }
  | {
      /** From now on new requests are refused. */
      readonly type: 'drain';
      readonly atMs: number;
    }
  | {
      /** From now on new requests are refused, and those that are not finished fail: at once, or when their GPUs are released. */
      readonly type: 'close';
      readonly atMs: number;
      readonly reason: 'closed' | 'backend-lost';
      /** For people. */
      readonly detail: string;
    }
  | {
      /** Time passed: the answer to a `wake` command. */
      readonly type: 'time';
      readonly atMs: number;
    };
