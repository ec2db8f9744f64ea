import { TetriError } from '../../model/index.js';

/**
 * Why a call of a backend was refused or failed.
 *
 * | code | meaning | the state of the request |
 * |---|---|---|
 * | `backend-not-open` | called before `open` | untouched |
 * | `backend-closed` | called after `close`, or ended by it | lost |
 * | `not-prepared` | the backend has no state of that request | none |
 * | `already-prepared` | the request has a state | untouched |
 * | `wrong-step` | the request is not at that step, or has not that many left | untouched |
 * | `request-busy` | the request is in another call | untouched |
 * | `gpu-busy` | a GPU is in another chunk | untouched |
 * | `unsupported` | GPUs, degree, shape or batch that this backend cannot do | untouched |
 * | `aborted` | the caller's signal ended it | untouched, but for a `prepare` |
 * | `chunk-failed` | steps, encoding or decoding went wrong | as the error says |
 * | `gpu-lost` | a GPU went away | as the error says |
 * | `backend-lost` | the whole backend went away | lost |
 */
export type BackendErrorCode =
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

/** What is known of a failure beside its code and message. */
export interface BackendErrorDetails {
  /** What is left of the requests of the call. Default: `lost` for `chunk-failed`, `gpu-lost`, `backend-lost` and `backend-closed`, else `intact`. */
  readonly state?: 'intact' | 'lost';
  /** Steps of the chunk that every member completed before it failed; counts only where the state is intact. Default 0. */
  readonly steps?: number;
  /** The members whose fault it is, where that is known: the others are not held to account. Default: unknown. */
  readonly requestIds?: readonly string[];
  /** The GPUs that are lost. Default: unknown. */
  readonly gpus?: readonly number[];
  /** The error behind it. */
  readonly cause?: unknown;
}

const losing: readonly BackendErrorCode[] = ['chunk-failed', 'gpu-lost', 'backend-lost', 'backend-closed'];

/** What the calls of a backend reject with. */
export class BackendError extends TetriError {
  /** What went wrong, for programs. */
  declare readonly code: BackendErrorCode;
  /** What is left of the requests of the call. */
  readonly state: 'intact' | 'lost';
  /** Steps of the chunk that every member completed. */
  readonly steps: number;
  /** The members whose fault it is; `undefined` if that is not known. */
  readonly requestIds: readonly string[] | undefined;
  /** The GPUs that are lost; `undefined` if that is not known. */
  readonly gpus: readonly number[] | undefined;

  /**
   * @param code - what went wrong, for programs
   * @param message - one line for people
   * @param details - what is known beside
   */
  constructor(code: BackendErrorCode, message: string, details: BackendErrorDetails = {}) {
    super(code, message);
    this.name = 'BackendError';
    this.state = details.state ?? (losing.includes(code) ? 'lost' : 'intact');
    this.steps = details.steps ?? 0;
    this.requestIds = details.requestIds;
    this.gpus = details.gpus;
    if (details.cause !== undefined) this.cause = details.cause;
  }

  /** Whether `value` is a `BackendError`, also one from another copy of this package. */
  static override isInstance(value: unknown): value is BackendError {
    return TetriError.isInstance(value) && value.name === 'BackendError';
  }
}
