import type { BackendError } from '../../../src/backends/index.js';
import type { Clock } from '../../../src/clock/index.js';

/** A call in progress. */
export interface Call {
  readonly kind: 'prepare' | 'run' | 'finish';
  readonly gpus: readonly number[];
  /** It ends as soon as it can: a chunk at the next step. */
  isStopped: boolean;
  /** Ends it now, with this error. */
  fail(error: BackendError): void;
  /** Leaves it waiting for ever. */
  forget(): void;
  /** Lets it look whether it can go on. */
  wake(): void;
  /** Waits, for so long or till it is woken. Rejects with what the call fails with. */
  pause(ms?: number): Promise<void>;
  end(): void;
  readonly ended: Promise<void>;
}

/** The calls in progress. */
export interface Calls extends Iterable<Call> {
  begin(kind: Call['kind'], gpus: readonly number[]): Call;
  /** Resolves when the calls of now have ended. */
  ended(): Promise<void>;
}

export function createCalls(clock: Clock): Calls {
  const calls = new Set<Call>();
  return {
    [Symbol.iterator]: () => [...calls][Symbol.iterator](),
    async ended() {
      await Promise.all([...calls].map(({ ended }) => ended));
    },
    begin(kind, gpus) {
      let cause: BackendError | undefined;
      let wake = (): void => undefined;
      let resolveEnded = (): void => undefined;
      const call: Call = {
        ...{ kind, gpus, isStopped: false },
        fail(error) {
          cause = error;
          wake();
        },
        forget() {
          wake = () => undefined;
        },
        wake: () => wake(),
        async pause(ms) {
          if (cause === undefined) {
            await new Promise<void>((resolve) => {
              const cancel = ms === undefined ? () => undefined : clock.schedule(clock.nowMs() + ms, resolve);
              wake = () => {
                cancel();
                resolve();
              };
            });
          }
          wake = () => undefined;
          if (cause !== undefined) throw cause;
        },
        end() {
          calls.delete(call);
          resolveEnded();
          // A GPU may be free now.
          for (const other of calls) if (other.kind !== 'run') other.wake();
        },
        ended: new Promise((resolve) => (resolveEnded = resolve)),
      };
      calls.add(call);
      return call;
    },
  };
}
