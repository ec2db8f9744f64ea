import type { Cluster } from '../../model/index.js';
import type { BackendCapabilities } from './capabilities.js';
import type { FinishCall, PrepareCall, RunCall, RunResult } from './calls.js';
import type { BackendListener } from './events.js';

/** What a backend says of itself when it is open. */
export interface BackendDescription {
  /** The GPUs that it has, those that are lost at the moment included. */
  readonly cluster: Cluster;
}

/**
 * What executes: the contract between the scheduler and GPUs, version 1. The guide is `docs/writing-a-backend.md`; the suite
 * `backendConformance()` of `@tetri/scheduler/testing` holds an implementation to all of this.
 *
 * **Who owns what.** The backend owns all state of a request, its conditioning, latents and random numbers, from `prepare` to
 * `release`; the scheduler only ever names requests and GPUs. Between two chunks the state belongs to no GPU in particular: the
 * next chunk may run on any GPUs of one domain, at any degree of the profile, and the backend moves what has to be moved.
 *
 * **Life.** A backend is fresh, then open, then draining (from the call of `close` on), then closed. `prepare`, `run` and
 * `finish` reject with `backend-not-open` before it is open, with `backend-lost` while it is lost, and with `backend-closed` from
 * the call of `close` on; `release` and `close` always resolve. `open` rejects with `unsupported` if it is open, and with
 * `backend-closed` from the call of `close` on, also if it never was open.
 *
 * **Concurrency.** A request is in one call at a time, otherwise `request-busy` (`release` excepted). A GPU is in one chunk at a time,
 * otherwise `gpu-busy`. Calls for other requests on other GPUs run side by side. `prepare` and `finish` calls on a GPU that is
 * in use wait for their turn, and `run` waits for those that came before it.
 *
 * **Failures.** A call that fails rejects with a {@link BackendError}; anything else counts as `chunk-failed` with the state lost. A
 * request whose state is lost needs `release` and `prepare` anew; one whose state is intact goes on after the steps that the
 * error says are done. A refused call (`not-prepared`, `wrong-step`, `request-busy`, ...) changes nothing, and its error says
 * `intact`; so does the error of a call that is refused because a GPU was lost before it began. What makes no sense at all (no
 * members, a GPU named twice, a request twice in a batch, steps that are no whole number) is `unsupported`.
 *
 * @typeParam Payload - what is to be generated: prompt, seed, guidance; the scheduler hands it through
 * @typeParam Artifact - what `finish` delivers
 */
export interface Backend<Payload = unknown, Artifact = unknown> {
  /** The version of this contract. */
  readonly specificationVersion: 'v1';
  /** For people and logs. */
  readonly name: string;
  /** What it can do beyond what every backend must; a lie fails the conformance suite. */
  readonly capabilities: BackendCapabilities;

  /**
   * Takes the GPUs and gets ready. Called once, or again after the event `lost` where the capabilities say `reopens`; GPUs that are lost at
   * that time are reported anew.
   *
   * @param listener - told of GPUs that are lost and come back, and of the loss of the whole backend, until it is closed
   */
  open(listener: BackendListener): Promise<BackendDescription>;

  /**
   * Makes the state of a request: encodes its conditioning and draws its initial latents. The result depends on the payload alone,
   * not on when and where it is made.
   *
   * Rejects with `already-prepared` for a request that has a state. After an abort it may resolve or reject with `aborted`; either
   * way `release` follows.
   */
  prepare(call: PrepareCall<Payload>): Promise<void>;

  /**
   * Runs steps of a request, or of a batch of equal shapes, on the GPUs named. Resolves when they are done and the GPUs can
   * take the next chunk.
   *
   * After an abort it stops at the next step boundary and resolves with the steps that were completed: all members the same number,
   * possibly 0, possibly all. Where the capabilities lack `abortsChunks` it may run to its end.
   *
   * Rejects with `not-prepared`, and with `wrong-step` where a member is not at its `fromStep` or has fewer steps left.
   */
  run(call: RunCall): Promise<RunResult>;

  /**
   * Decodes the result of a request that did all its steps. The state stays until `release`, so that it can be tried again.
   *
   * Rejects with `not-prepared`, and with `wrong-step` where steps are left. After an abort it may resolve or reject with `aborted`.
   */
  finish(call: FinishCall): Promise<Artifact>;

  /**
   * Drops all that is kept for a request and resolves when nothing is. Idempotent, and harmless for a request that it does not
   * know. A call of that request in progress is aborted first. From this call on the id is free: a later `prepare` makes a new state, whatever
   * is still going on for the old one.
   */
  release(requestId: string): Promise<void>;

  /**
   * Aborts what runs, drops everything, and resolves when no GPU, process or timer is held any more. Idempotent. No event is reported
   * from this call on.
   */
  close(): Promise<void>;
}
