import type { Backend } from '../../backends/index.js';

/** One backend under test, and what the suite has to do to it that the contract has no call for. A new one for every case. */
export interface BackendHarness<Payload = unknown, Artifact = unknown> {
  /** Fresh: not opened yet. The suite opens it and closes it. */
  readonly backend: Backend<Payload, Artifact>;
  /** Of how many requests it holds state at the moment, from `prepare` to `release`. Is asked in every state, closed included. */
  held(): number | Promise<number>;
  /**
   * For a backend on virtual time: lets time pass till `done` says so; resolves to `false` if nothing is left that could happen. This
   * is `advanceUntil` of the virtual clock. Default: time passes by itself.
   */
  advanceUntil?(done: () => boolean): Promise<boolean>;
  /** Takes a GPU away, also one that is lost already. Needed where the capabilities say `losesGpus`. */
  loseGpu?(gpu: number): void | Promise<void>;
  /** Gives a lost GPU back. Needed where the capabilities say `losesGpus`. */
  restoreGpu?(gpu: number): void | Promise<void>;
  /** Takes the whole backend away, as a crash does. Needed where the suite is told that it `canBeLost`. */
  loseBackend?(): void | Promise<void>;
  /** Called once, after the backend was closed. */
  dispose?(): void | Promise<void>;
}
