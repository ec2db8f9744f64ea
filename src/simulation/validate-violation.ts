/**
 * Every rule that `validateRun()` checks. Codes are stable: they are only ever added in a minor release.
 *
 * | code | what the run does |
 * |---|---|
 * | `malformed` | a field of a chunk is missing, of another type than documented, or outside its range |
 * | `unknown-request` | a chunk or record names a request that the trace does not have |
 * | `duplicate-request` | a request stands twice in one chunk |
 * | `duplicate-gpu` | a GPU stands twice in one chunk |
 * | `unknown-gpu` | a chunk names a GPU that the cluster does not have |
 * | `split-domain` | the GPUs of a chunk lie in several domains of the cluster |
 * | `wrong-degree` | the degree is not the number of GPUs |
 * | `unknown-shape` | the profile does not cover the shape of a request that ran |
 * | `unknown-degree` | the shape cannot run at the degree |
 * | `mixed-shapes` | the members of a batch have several shapes |
 * | `unmeasured-batch` | the profile has no step time for the batch size at the degree |
 * | `wrong-steps` | encoding or decoding counts steps, or denoising that was not cut counts none |
 * | `ends-before-start` | a chunk ends before it starts |
 * | `too-fast` | a chunk is faster than the profile allows |
 * | `before-arrival` | a chunk starts before a member has arrived |
 * | `gpu-overlap` | a GPU is in two chunks at a time |
 * | `request-overlap` | a request is in two chunks at a time |
 * | `not-encoded` | steps start before encoding is done |
 * | `steps-out-of-order` | a chunk does not continue where the last one of the request ended |
 * | `too-many-steps` | a request runs more steps than it has |
 * | `decode-too-early` | decoding starts before all steps are done |
 * | `incomplete` | a request lacks steps, and no record says why |
 * | `not-decoded` | a request has all steps, lacks decoding, and no record says why |
 * | `missing-record` | a request of the trace has no record |
 * | `duplicate-record` | a request has several records |
 * | `wrong-record` | a record contradicts the log or itself |
 * | `after-end` | a chunk starts after the request ended according to its record |
 */
export type RunViolationCode =
  | 'malformed'
  | 'unknown-request'
  | 'duplicate-request'
  | 'duplicate-gpu'
  | 'unknown-gpu'
  | 'split-domain'
  | 'wrong-degree'
  | 'unknown-shape'
  | 'unknown-degree'
  | 'mixed-shapes'
  | 'unmeasured-batch'
  | 'wrong-steps'
  | 'ends-before-start'
  | 'too-fast'
  | 'before-arrival'
  | 'gpu-overlap'
  | 'request-overlap'
  | 'not-encoded'
  | 'steps-out-of-order'
  | 'too-many-steps'
  | 'decode-too-early'
  | 'incomplete'
  | 'not-decoded'
  | 'missing-record'
  | 'duplicate-record'
  | 'wrong-record'
  | 'after-end';

/** One broken rule. */
export interface RunViolation {
  /** Which rule, for programs. */
  readonly code: RunViolationCode;
  /** One line for people. */
  readonly message: string;
  /** The line of the run log, counted from 1 as editors do; `null` if it is about none. */
  readonly line: number | null;
  /** The request; `null` if it is about none in particular. */
  readonly requestId: string | null;
}

/** Takes down one broken rule. */
export type ReportRun = (
  code: RunViolationCode,
  where: { readonly line?: number; readonly requestId?: string },
  message: string,
) => void;
