/**
 * Why a request was refused, instead of being accepted.
 *
 * | reason | meaning |
 * |---|---|
 * | `deadline-infeasible` | it would end late, by the forecast; only with `admit: 'feasible'` |
 * | `too-many-requests` | the limit of active requests is reached |
 * | `out-of-memory` | the state of the active requests takes all the memory that is granted |
 * | `draining` | the scheduler takes nothing new any more |
 * | `backend-lost` | the backend died and did not come back |
 */
export type RefusalReason = 'deadline-infeasible' | 'too-many-requests' | 'out-of-memory' | 'draining' | 'backend-lost';

/**
 * Why a request failed.
 *
 * | reason | meaning |
 * |---|---|
 * | `steps-failed` | its steps failed again and again without any progress |
 * | `decode-failed` | all steps were done, and decoding failed again and again |
 * | `deadline-missed` | it could not meet its deadline any more; only with `whenLate: 'drop'` |
 * | `displaced` | it had not started, and made room for a request of more weight; only with `whenFull: 'displace'` |
 * | `backend-lost` | the backend died and did not come back |
 * | `closed` | the scheduler was closed |
 * | `crashed` | its GPUs, the backend or the process died again and again while it ran |
 * | `unservable` | an earlier process accepted it, and this scheduler does not know its shape; only with a journal |
 * | `journal-failed` | it could not be written down, so it was not accepted; only with a journal |
 * | `delivery-failed` | its artifact could not be delivered; only with `deliver` |
 */
export type FailureReason =
  | 'steps-failed'
  | 'decode-failed'
  | 'deadline-missed'
  | 'displaced'
  | 'backend-lost'
  | 'closed'
  | 'crashed'
  | 'unservable'
  | 'journal-failed'
  | 'delivery-failed';

/** How a request ended. Every request ends in exactly one of these ways. */
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
    }
  | {
      /** It was never accepted. */
      readonly status: 'refused';
      readonly reason: RefusalReason;
      /** More about it, for people. */
      readonly detail: string;
    };
