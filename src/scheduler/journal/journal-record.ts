import type { CompleteRequest, Settlement } from '../../model/index.js';

/** One line of a journal. Plain JSON data. */
export type JournalRecord =
  | {
      /** A request was accepted. */
      readonly type: 'submit';
      readonly atMs: number;
      readonly request: CompleteRequest;
      /** What its client passed along; plain JSON data. Absent if there was none. */
      readonly payload?: unknown;
    }
  | {
      /** It got GPUs for the first time in the life of this process. */
      readonly type: 'start';
      readonly atMs: number;
      readonly requestId: string;
    }
  | {
      /** It ended. */
      readonly type: 'settle';
      readonly atMs: number;
      readonly requestId: string;
      readonly settlement: Settlement;
    };
