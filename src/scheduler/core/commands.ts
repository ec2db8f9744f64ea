import type { Settlement } from '../../model/index.js';

/** Something to do, as an answer to events. */
export type SchedulerCommand =
  | {
      /**
       * Encode where it is due, then run steps; answer with `chunk-done` or `chunk-failed`. The GPUs and the requests are not used
       * for anything else until then.
       */
      readonly type: 'run';
      /** Unique in the life of a scheduler, also across a snapshot. */
      readonly chunkId: number;
      /** The request, or the members of a batch. */
      readonly requestIds: readonly string[];
      /** The members that have to be encoded first. */
      readonly encode: readonly string[];
      readonly gpus: readonly number[];
      /** Always `gpus.length`. */
      readonly degree: number;
      /** The step each member starts from, aligned with `requestIds`. */
      readonly fromSteps: readonly number[];
      /** Steps for every member. */
      readonly steps: number;
    }
  | {
      /**
       * Stop a chunk at the next step boundary; answer with `chunk-done` and the steps that were completed. Either nobody wants it any more, or
       * it should have ended long ago.
       */
      readonly type: 'abort';
      readonly chunkId: number;
    }
  | {
      /** Decode the result of a request on a GPU and deliver it; answer with `finished` or `finish-failed`. */
      readonly type: 'finish';
      readonly requestId: string;
      readonly gpu: number;
    }
  | {
      /** Stop the decoding of a request if that is possible; answer with `finished` or `finish-failed` all the same. */
      readonly type: 'abort-finish';
      readonly requestId: string;
    }
  | {
      /** The state of a request is lost or not to be trusted: drop whatever is kept for it. It starts over, and is encoded anew. */
      readonly type: 'reset';
      readonly requestId: string;
    }
  | {
      /** A request ended: tell its client, and drop whatever is kept for it. Exactly one for each request that was submitted. */
      readonly type: 'settle';
      readonly requestId: string;
      readonly settlement: Settlement;
    }
  | {
      /** Send a `time` event at this time; a later `wake` does not take an earlier one back. */
      readonly type: 'wake';
      readonly atMs: number;
    }
  | {
      /**
       * The policy threw, or broke the rules (`TetriError` `invalid-plan`): nothing new was started. Planning is tried again at the
       * next event, or after a second.
       */
      readonly type: 'plan-failed';
      readonly error: unknown;
    };
