import { TetriError } from '../model/index.js';

/**
 * Every rule that `validatePlan()` checks. Codes are stable: they are only ever added in a minor release.
 *
 * | code | what the plan does |
 * |---|---|
 * | `malformed` | a field is missing, of another type than documented, or no finite number |
 * | `start-not-now` | the plan does not start at `nowMs` of the input |
 * | `end-not-after-start` | it neither ends after its start nor leaves the end open |
 * | `assignments-order` | assignments do not stand in ascending order of their first GPU |
 * | `no-request` | an assignment serves nobody |
 * | `unknown-request` | an assignment or outcome names a request that the input does not have |
 * | `duplicate-request` | a request stands twice in the assignments |
 * | `mid-chunk-request` | a request is assigned whose current chunk has not ended |
 * | `before-arrival` | an assignment starts before a member has arrived |
 * | `unknown-gpu` | an assignment names a GPU that the input does not have |
 * | `duplicate-gpu` | a GPU stands twice in the assignments |
 * | `split-domain` | the GPUs of a group lie in several domains |
 * | `wrong-degree` | the degree is not the number of GPUs |
 * | `unknown-degree` | the shape cannot run at the degree |
 * | `wrong-steps` | the steps are no whole number of at least 1 |
 * | `too-many-steps` | more steps than a member has left |
 * | `before-now` | an assignment starts before `nowMs` |
 * | `gpu-busy` | an assignment starts before one of its GPUs is free |
 * | `wrong-duration` | it does not last as long as the due encoding and the steps take by the profile |
 * | `mixed-shapes` | the members of a batch have several shapes |
 * | `unmeasured-batch` | the profile has no step time for the batch size at the degree |
 * | `batched-alone` | a batch holds a request that is not `batchable` |
 * | `missing-outcome` | a request of the input has no outcome |
 * | `duplicate-outcome` | a request has several outcomes |
 * | `outcomes-order` | outcomes do not stand in the total order of requests |
 * | `unknown-reason` | the status, or the reason for that status, is none that is documented |
 * | `not-running` | the outcome says that the request runs; it is neither assigned nor mid-chunk |
 * | `not-waiting` | the outcome says that the request waits or cannot run; it is assigned or mid-chunk |
 * | `wrong-reason` | the reason contradicts the input or the assignment |
 * | `late` | the outcome says or implies that the deadline can still be met; it cannot |
 * | `not-late` | the outcome is `best-effort`; the deadline can still be met |
 * | `not-infeasible` | the outcome is `infeasible`; some degree of the shape fits into a domain |
 */
export type PlanViolationCode =
  | 'malformed'
  | 'start-not-now'
  | 'end-not-after-start'
  | 'assignments-order'
  | 'no-request'
  | 'unknown-request'
  | 'duplicate-request'
  | 'mid-chunk-request'
  | 'before-arrival'
  | 'unknown-gpu'
  | 'duplicate-gpu'
  | 'split-domain'
  | 'wrong-degree'
  | 'unknown-degree'
  | 'wrong-steps'
  | 'too-many-steps'
  | 'before-now'
  | 'gpu-busy'
  | 'wrong-duration'
  | 'mixed-shapes'
  | 'unmeasured-batch'
  | 'batched-alone'
  | 'missing-outcome'
  | 'duplicate-outcome'
  | 'outcomes-order'
  | 'unknown-reason'
  | 'not-running'
  | 'not-waiting'
  | 'wrong-reason'
  | 'late'
  | 'not-late'
  | 'not-infeasible';

/** One broken rule. */
export interface PlanViolation {
  /** Which rule, for programs. */
  readonly code: PlanViolationCode;
  /** One line for people, without the path. */
  readonly message: string;
  /** Where: a path into the plan, such as `assignments[2].gpus[0]`; empty for the plan itself. */
  readonly path: string;
}

/** Takes down one broken rule. */
export type ReportPlan = (code: PlanViolationCode, path: string, message: string) => void;

/** Runs `check`; a field that it finds malformed ends it and is reported, so that no plan whatever makes the validator throw. */
export function orMalformed(report: ReportPlan, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!TetriError.isInstance(error)) throw error;
    const prefix = `${error.path}: `;
    report(
      'malformed',
      error.path,
      error.message.startsWith(prefix) ? error.message.slice(prefix.length) : error.message,
    );
  }
}
