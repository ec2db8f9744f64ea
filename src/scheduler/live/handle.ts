import type { CompleteRequest } from '../../model/index.js';
import type { RequestOutcome } from './outcome.js';
import type { RequestProgress } from './progress.js';

/** A request that was submitted, in the hands of its client. */
export interface RequestHandle<Artifact = unknown> {
  /** Of the request. */
  readonly id: string;
  /** The request with every default filled in. */
  readonly request: CompleteRequest;
  /**
   * Whether it was accepted: `true` once it is, with a journal once that is written down; `false` if it is refused, or could not be
   * written down. Never rejects.
   */
  readonly accepted: Promise<boolean>;
  /**
   * The artifact. Rejects with a `TetriError` `request-refused`, `request-cancelled` or `request-failed` if there is none; nobody
   * has to listen to that.
   */
  readonly result: Promise<Artifact>;
  /** How it ended, in every case. Never rejects. */
  readonly outcome: Promise<RequestOutcome<Artifact>>;
  /**
   * What it does, from now until it ends; any number of listeners, each with its own copy. One who does not keep up misses steps,
   * never costs memory.
   */
  readonly progress: AsyncIterable<RequestProgress>;
  /**
   * Takes it back. Its GPUs are free at the next step boundary, and then it ends as `cancelled`; if it was complete by then, it
   * ends as that. In a batch, whose other members go on, it ends with the chunk. Harmless when repeated, and after the end.
   *
   * @returns how it ended
   */
  cancel(): Promise<RequestOutcome<Artifact>>;
}
