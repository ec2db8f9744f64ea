import { TetriError, type FailureReason, type RefusalReason } from '../../model/index.js';

/** How a request ended, for its client. */
export type RequestOutcome<Artifact = unknown> =
  | {
      readonly status: 'completed';
      /** What the backend made. */
      readonly artifact: Artifact;
      /** Whether it was complete no later than its deadline. */
      readonly onTime: boolean;
      /** From arrival to completion, in ms. */
      readonly latencyMs: number;
    }
  | {
      /** Taken back, by `cancel()` or its signal. */
      readonly status: 'cancelled';
    }
  | {
      /** Accepted, and given up. */
      readonly status: 'failed';
      readonly reason: FailureReason;
      /** What the last failure said, for people. */
      readonly detail: string;
    }
  | {
      /** Never accepted. */
      readonly status: 'refused';
      readonly reason: RefusalReason;
      /** More about it, for people. */
      readonly detail: string;
    };

const codes = {
  cancelled: 'request-cancelled',
  failed: 'request-failed',
  refused: 'request-refused',
} as const;

/**
 * What `RequestHandle.result` rejects with when there is no artifact: a `TetriError` whose `received` is the outcome.
 */
export function noArtifact(requestId: string, outcome: Exclude<RequestOutcome, { status: 'completed' }>): TetriError {
  const why = outcome.status === 'cancelled' ? '' : ` (${outcome.reason}): ${outcome.detail}`;
  return new TetriError(codes[outcome.status], `request "${requestId}" was ${outcome.status}${why}`, '', outcome);
}
