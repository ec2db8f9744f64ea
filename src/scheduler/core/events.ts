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
    }
  | {
      /** A chunk failed. Unknown chunks are ignored. */
      readonly type: 'chunk-failed';
      readonly atMs: number;
      readonly chunkId: number;
      /** Steps that every member completed before the failure. */
      readonly steps: number;
      readonly state: RequestStateAfterFailure;
      /** A failure that comes from a lost GPU is not counted against the request. */
      readonly cause: 'gpu-lost' | 'error';
      /** For people. */
      readonly detail: string;
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
      /** Time passed: the answer to a `wake` command. */
      readonly type: 'time';
      readonly atMs: number;
    };
