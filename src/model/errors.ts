/**
 * Every code that a {@link TetriError} can carry. Codes are stable: they are only ever added in a minor release.
 *
 * | code | meaning |
 * |---|---|
 * | `invalid-type` | a field is missing or of another type than documented |
 * | `out-of-range` | a number is NaN, infinite, fractional where a whole one is due, or outside its range |
 * | `empty` | a list that needs at least one entry has none |
 * | `duplicate-request` | two requests share an id |
 * | `duplicate-gpu` | a GPU is named twice where it may stand once |
 * | `unknown-gpu` | a GPU is named that the cluster does not have |
 * | `invalid-shape` | a shape id is not `WIDTHxHEIGHT` or `WIDTHxHEIGHTxFRAMES` |
 * | `duplicate-shape` | a profile measures one shape twice |
 * | `unknown-shape` | a shape lies outside the range that the profile measured |
 * | `unknown-degree` | a sequence-parallel degree that the profile does not have |
 * | `deadline-before-arrival` | a request is due before it arrives |
 * | `too-many-steps-done` | a request claims at least as many completed steps as it asks for |
 * | `unknown-profile` | no built-in profile has that name |
 * | `unknown-policy` | no built-in policy has that name |
 * | `unknown-field` | a field or an option is named that does not exist: a typo, most likely |
 * | `duplicate-experiment` | two experiments of a grid share an id |
 * | `unsupported-schema-version` | data of a schema version that this release does not read |
 * | `invalid-json` | text that is not JSON, or not the JSON that was expected |
 * | `invalid-plan` | a policy returned a plan that breaks a rule of `validatePlan()` |
 * | `unsolved` | the exact solver gave no proven optimum |
 * | `peer-missing` | an optional package that is needed for this is not installed; the message names it |
 * | `request-refused` | there is no artifact: the request was refused |
 * | `request-cancelled` | there is no artifact: the request was cancelled |
 * | `request-failed` | there is no artifact: the request failed |
 * | `journal-corrupt` | a journal is damaged in a way that a crash does not explain |
 * | `journal-locked` | another process uses the journal |
 * | `journal-failed` | a journal could not be read or written |
 * | `python-missing` | there is no Python to run workers |
 * | `torch-missing` | the Python of the workers lacks PyTorch, or another package that they need |
 * | `no-gpu` | there are fewer GPUs than workers |
 * | `model-not-found` | there is no such folder with weights |
 * | `bad-model` | the weights are not what they should be |
 * | `out-of-memory` | the memory of a GPU is too small |
 * | `unsupported-protocol` | a worker speaks another version of the protocol |
 * | `worker-failed` | a worker ended before it could work |
 *
 * The codes of failed backend calls are listed at `BackendErrorCode`.
 */
export type TetriErrorCode =
  | 'invalid-type'
  | 'out-of-range'
  | 'empty'
  | 'duplicate-request'
  | 'duplicate-gpu'
  | 'unknown-gpu'
  | 'invalid-shape'
  | 'duplicate-shape'
  | 'unknown-shape'
  | 'unknown-degree'
  | 'deadline-before-arrival'
  | 'too-many-steps-done'
  | 'unknown-profile'
  | 'unknown-policy'
  | 'unknown-field'
  | 'duplicate-experiment'
  | 'unsupported-schema-version'
  | 'invalid-json'
  | 'invalid-plan'
  | 'unsolved'
  | 'peer-missing'
  | 'request-refused'
  | 'request-cancelled'
  | 'request-failed'
  | 'journal-corrupt'
  | 'journal-locked'
  | 'journal-failed'
  | 'python-missing'
  | 'torch-missing'
  | 'no-gpu'
  | 'model-not-found'
  | 'bad-model'
  | 'out-of-memory'
  | 'unsupported-protocol'
  | 'worker-failed'
  | 'backend-not-open'
  | 'backend-closed'
  | 'not-prepared'
  | 'already-prepared'
  | 'wrong-step'
  | 'request-busy'
  | 'gpu-busy'
  | 'unsupported'
  | 'aborted'
  | 'chunk-failed'
  | 'gpu-lost'
  | 'backend-lost';

// A registered symbol, so that errors are recognised across realms and across two installed copies of the package.
const marker = Symbol.for('@tetri/scheduler.error');

/**
 * The one error type of this package: what was wrong, where, and with which value.
 *
 * Overload is never an error: a request that cannot be served on time gets an outcome instead.
 */
export class TetriError extends Error {
  /** What is wrong, for programs. */
  readonly code: TetriErrorCode;
  /** Where: the path to the offending field, such as `requests[3].deadlineMs`; empty for the value itself. */
  readonly path: string;
  /** The value that was received. */
  readonly received: unknown;

  /**
   * @param code - what is wrong
   * @param message - one line for people, without the path
   * @param path - where, such as `requests[3].deadlineMs`
   * @param received - the offending value
   */
  constructor(code: TetriErrorCode, message: string, path = '', received?: unknown) {
    super(path === '' ? message : `${path}: ${message}`);
    this.name = 'TetriError';
    this.code = code;
    this.path = path;
    this.received = received;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Whether `value` is a `TetriError`, also one from another copy of this package. */
  static isInstance(value: unknown): value is TetriError {
    return typeof value === 'object' && value !== null && marker in value;
  }
}
