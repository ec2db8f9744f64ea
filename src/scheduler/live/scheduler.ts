/// <reference lib="esnext.disposable" preserve="true" />
import type { Cluster, GenerationRequest } from '../../model/index.js';
import type { Quote } from '../core/quote.js';
import type { SchedulerStatus } from '../core/status.js';
import type { RequestHandle } from './handle.js';

/** A request as a client submits it. */
export type SubmittedRequest = Omit<GenerationRequest, 'arrivalMs'> & {
  /** When it arrived, in ms on the scheduler's clock. Default: now. */
  readonly arrivalMs?: number;
};

/** What goes with a submission. */
export interface SubmitOptions<Payload> {
  /** What is to be generated; handed to the backend as it is. With a journal, plain JSON data. */
  readonly payload?: Payload;
  /** Takes the request back when it is aborted, as `cancel()` does. */
  readonly signal?: AbortSignal;
}

/**
 * The live scheduler: takes requests, has them executed on the GPUs of a backend, and hands the artifacts out. Every decision is made by
 * a `SchedulerCore`; this is its clock and its hands.
 *
 * It is an async disposable: `await using` closes it.
 *
 * @typeParam Payload - what the backend generates from
 * @typeParam Artifact - what it makes
 */
export interface Scheduler<Payload = unknown, Artifact = unknown> {
  /** The GPUs of the backend. */
  readonly cluster: Cluster;
  /** Requests that an earlier process accepted and did not finish, by the journal: they go on here. */
  readonly recovered: readonly RequestHandle<Artifact>[];
  /** The time on the scheduler's clock, in ms: deadlines are times on it. */
  nowMs(): number;
  /**
   * Submits a request. Overload is no error: whoever is not let in gets a handle whose outcome is `refused`.
   *
   * @throws `TetriError` for a request that is wrong in itself: `invalid-type`, `out-of-range`, `unknown-shape`,
   * `duplicate-request` while one of that id is alive, `deadline-before-arrival`, ...
   */
  submit(request: SubmittedRequest, options?: SubmitOptions<Payload>): RequestHandle<Artifact>;
  /**
   * What a request could expect if it was submitted now: whether its deadline can be met, its earliest finish, its least GPU time.
   * It plays the scheduler forward until the request is complete: milliseconds with a short queue, some tens of them with a long one, in
   * which nothing else is decided.
   *
   * @throws `TetriError` as `submit` does
   */
  quote(request: SubmittedRequest): Quote;
  /** The queue, the GPUs and the drift of the profile at this moment. */
  status(): SchedulerStatus;
  /** Refuses new requests from now on, and resolves when all the others have ended. */
  drain(): Promise<void>;
  /**
   * Ends everything: new requests are refused, those that are not finished fail with `closed` (after the step that they are in), the
   * backend and the journal are closed. With a journal, the next process takes them up. Idempotent.
   */
  close(): Promise<void>;
  /** `close()`. */
  [Symbol.asyncDispose](): Promise<void>;
}
