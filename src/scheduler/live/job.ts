import type { CompleteRequest, FailureReason } from '../../model/index.js';
import { createDeferred, type Deferred } from './deferred.js';
import type { RequestHandle } from './handle.js';
import { noArtifact, type RequestOutcome } from './outcome.js';
import { createProgressChannel, type ProgressChannel } from './progress.js';

/** A request from its submission until its client was told how it ended. */
export interface Job<Payload, Artifact> {
  readonly request: CompleteRequest;
  readonly payload: Payload;
  readonly handle: RequestHandle<Artifact>;
  readonly accepted: Deferred<boolean>;
  readonly outcome: Deferred<RequestOutcome<Artifact>>;
  readonly progress: ProgressChannel;
  /** Whether an earlier process accepted it. */
  readonly isRecovered: boolean;
  /** Resolves when it is written down, or could not be; at once where there is no journal. */
  written: Promise<void>;
  /** Whether the backend has a state of it. */
  prepared: boolean;
  /** Counts the states that were lost: what is answered for an earlier one does not count any more. */
  attempt: number;
  /** Stops its decoding. */
  decoding: AbortController | null;
  artifact: { readonly value: Artifact } | null;
  /** The GPUs of its last chunk; none before the first. */
  lastGpus: readonly number[];
  /** The chunk that it is in, or was in last. */
  chunkId: number | null;
  /** Why it ended, if not as the core says. */
  override: { readonly reason: FailureReason; readonly detail: string } | null;
  /** Called when it has ended. */
  readonly onEnd: (() => void)[];
}

/** @param cancel - asks for the end of it */
export function createJob<Payload, Artifact>(
  request: CompleteRequest,
  payload: Payload,
  isRecovered: boolean,
  cancel: (job: Job<Payload, Artifact>) => void,
): Job<Payload, Artifact> {
  const accepted = createDeferred<boolean>();
  const outcome = createDeferred<RequestOutcome<Artifact>>();
  const progress = createProgressChannel({ status: 'queued' });
  const result = outcome.promise.then((ending) => {
    if (ending.status === 'completed') return ending.artifact;
    throw noArtifact(request.id, ending);
  });
  // A client who only looks at the outcome must not be punished for that.
  result.catch(() => undefined);
  const job: Job<Payload, Artifact> = {
    ...{ request, payload, isRecovered, accepted, outcome, progress },
    handle: {
      ...{ id: request.id, request, result },
      accepted: accepted.promise,
      outcome: outcome.promise,
      progress: { [Symbol.asyncIterator]: () => progress[Symbol.asyncIterator]() },
      cancel() {
        cancel(job);
        return outcome.promise;
      },
    },
    written: Promise.resolve(),
    prepared: false,
    attempt: 0,
    decoding: null,
    artifact: null,
    lastGpus: [],
    chunkId: null,
    override: null,
    onEnd: [],
  };
  return job;
}
