/**
 * Why a request failed.
 *
 * | reason | meaning |
 * |---|---|
 * | `steps-failed` | its steps failed again and again without any progress |
 * | `decode-failed` | all steps were done, and decoding failed again and again |
 */
export type FailureReason = 'steps-failed' | 'decode-failed';

/** How a request ended. Every accepted request ends in exactly one of these ways. */
export type Settlement =
  | {
      /** All steps and the decoding are done. */
      readonly status: 'completed';
      /** Whether that was no later than the deadline. */
      readonly onTime: boolean;
    }
  | {
      /** Its client took it back. */
      readonly status: 'cancelled';
    }
  | {
      /** It was given up. */
      readonly status: 'failed';
      readonly reason: FailureReason;
      /** What the last failure said, for people. */
      readonly detail: string;
    };
