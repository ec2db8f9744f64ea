import { createDeferred } from '../../bookkeeping/index.js';
import { BackendError } from '../../contract/index.js';
import type { CudaState } from '../cuda-state.js';
import type { CallContext } from './call-context.js';
import type { CallInProgress } from './call-in-progress.js';

/** What a call is to do. */
export interface Job<Result> {
  readonly stage: 'encode' | 'denoise' | 'decode';
  readonly members: readonly CudaState[];
  readonly gpus: readonly number[];
  readonly signal: AbortSignal;
  /**
   * Does it, once all its GPUs are its own; ends at the next step boundary when `stop` says so. Rejects with `BackendError`.
   */
  readonly work: (stop: AbortSignal) => Promise<Result>;
  /** What it resolves to if it is stopped before it begins; default: then it rejects with `aborted`. */
  readonly nothing?: Result;
}

/**
 * Does a job when its turn comes, unless it is ended before. Every call passes through here, is answered once, and leaves nothing
 * behind: no listener, no place in a queue.
 */
export function startCall<Result>(context: CallContext, job: Job<Result>): Promise<Result> {
  const { states, turns, calls } = context;
  const { stage, members, gpus, signal } = job;
  const answer = createDeferred<Result>();
  const over = createDeferred<undefined>();
  const stop = new AbortController();
  let hasBegun = false;
  let isOver = false;

  /** @param isStateLost - whether the members are of no use any more */
  const end = (isStateLost: boolean, tell: () => void): void => {
    if (isOver) return;
    isOver = true;
    signal.removeEventListener('abort', abort);
    calls.delete(call);
    for (const member of members) {
      member.call = undefined;
      if (isStateLost || member.released) states.drop(member);
    }
    turns.leave(turn);
    tell();
    over.resolve(undefined);
  };
  const fail = (error: BackendError): void => {
    // Half an encoding is worth nothing.
    const isStateLost = error.state === 'lost' || stage === 'encode';
    end(isStateLost, () => answer.reject(error));
  };
  const aborted = (): BackendError =>
    new BackendError('aborted', `${stage} of ${members.map(({ requestId }) => requestId).join(', ')} was stopped`);
  const conclude = (): void => {
    const { nothing } = job;
    if (nothing === undefined) fail(aborted());
    else end(false, () => answer.resolve(nothing));
  };
  const abort = (): void => {
    if (hasBegun) stop.abort();
    else conclude();
  };

  const turn = {
    gpus,
    begin() {
      hasBegun = true;
      job.work(stop.signal).then(
        (result) => end(false, () => answer.resolve(result)),
        (error: unknown) => fail(asBackendError(error)),
      );
    },
  };
  const call: CallInProgress = {
    stage,
    gpus,
    end(error) {
      if (hasBegun) stop.abort();
      else fail(error);
      return over.promise;
    },
    fail(error) {
      if (!hasBegun) fail(error);
    },
  };

  for (const member of members) {
    member.call = {
      abandon() {
        abort();
        return over.promise;
      },
    };
  }
  calls.add(call);
  if (signal.aborted) conclude();
  else {
    signal.addEventListener('abort', abort);
    turns.take(turn);
  }
  return answer.promise;
}

/** What is no `BackendError` is a mistake of this backend: nothing is known of the state then. */
function asBackendError(error: unknown): BackendError {
  if (BackendError.isInstance(error)) return error;
  return new BackendError('chunk-failed', error instanceof Error ? error.message : String(error), { cause: error });
}
