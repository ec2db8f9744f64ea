import { BackendError, type Backend } from '../backends/index.js';
import type { Clock } from '../clock/index.js';
import type { ChunkTime } from './step-times.js';

/** The calls of a backend with the time that they took. All of them reject with `aborted` once the signal says so. */
export interface TimedCalls {
  /** Prepares a new request and tells the time between call and answer, in ms. */
  prepare(requestId: string, shape: string, steps: number, gpu: number): Promise<number>;
  /** Runs steps of requests that are all at the same step. */
  run(requestIds: readonly string[], fromStep: number, steps: number, gpus: readonly number[]): Promise<ChunkTime>;
  /** Decodes a result and tells the time between call and answer, in ms. */
  finish(requestId: string, gpu: number): Promise<number>;
  release(requestId: string): Promise<void>;
  /** An id that was not used before. */
  nextId(): string;
}

/** What the calls are made with. */
export interface TimedCallsOptions<Payload> {
  readonly backend: Backend<Payload>;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** What the request of that number asks for. */
  readonly payload: (index: number) => Payload;
  readonly signal: AbortSignal;
}

export function createTimedCalls<Payload>(options: TimedCallsOptions<Payload>): TimedCalls {
  const { backend, clock, payload, signal } = options;
  let ids = 0;
  let prepared = 0;

  const timed = async <Result>(call: () => Promise<Result>): Promise<readonly [Result, tookMs: number]> => {
    stopIfTold();
    const startMs = clock.nowMs();
    const result = await call();
    const tookMs = clock.nowMs() - startMs;
    // After an abort calls may resolve all the same, and early.
    stopIfTold();
    return [result, tookMs];
  };
  const stopIfTold = (): void => {
    if (signal.aborted) throw new BackendError('aborted', 'the measurement was stopped');
  };

  return {
    async prepare(requestId, shape, steps, gpu) {
      const call = { requestId, shape, steps, startStep: 0, payload: payload(prepared++), gpu, signal };
      return (await timed(() => backend.prepare(call)))[1];
    },
    async run(requestIds, fromStep, steps, gpus) {
      const members = requestIds.map((requestId) => ({ requestId, fromStep }));
      const [done, tookMs] = await timed(() => backend.run({ members, steps, gpus, signal }));
      if (done.steps !== steps) {
        throw new BackendError(
          'chunk-failed',
          `the backend did ${done.steps} of ${steps} steps, and nobody stopped it`,
        );
      }
      return { steps, stepMs: (done.durationMs ?? tookMs) / steps };
    },
    async finish(requestId, gpu) {
      return (await timed(() => backend.finish({ requestId, gpu, signal })))[1];
    },
    release: (requestId) => backend.release(requestId),
    nextId: () => `measured-${ids++}`,
  };
}
