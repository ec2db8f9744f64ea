import type { Backend, BackendCapabilities, BackendListener } from '../../../src/backends/index.js';
import { createCluster } from '../../../src/model/index.js';

/** A backend that does everything at once, and writes down what it was asked: `prepare a on 0`, `run a+b 0..4 on 0`, ... */
export interface FakeBackend extends Backend {
  readonly calls: string[];
  /** Who is told of what happens to it. */
  listener: BackendListener;
}

/** @param more - the methods that are to do something else */
export function fakeBackend(
  more: Partial<Omit<Backend, 'capabilities'>> & {
    readonly gpus?: number;
    readonly capabilities?: Partial<BackendCapabilities>;
  } = {},
): FakeBackend {
  const { gpus = 1, capabilities, ...methods } = more;
  const calls: string[] = [];
  const note = (call: string): number => calls.push(call);
  const backend: FakeBackend = {
    specificationVersion: 'v1',
    name: 'fake',
    capabilities: {
      maxBatchSize: 2,
      reportsSteps: false,
      abortsChunks: true,
      keepsStateOnFailure: true,
      losesGpus: true,
      reopens: true,
      ...capabilities,
    },
    calls,
    listener: () => undefined,
    open(listener) {
      note('open');
      backend.listener = listener;
      return methods.open?.(listener) ?? Promise.resolve({ cluster: createCluster(gpus) });
    },
    prepare(call) {
      note(`prepare ${call.requestId} on ${call.gpu}`);
      return methods.prepare === undefined ? Promise.resolve() : methods.prepare(call);
    },
    run(call) {
      const ids = call.members.map(({ requestId }) => requestId).join('+');
      const from = call.members[0]!.fromStep;
      note(`run ${ids} ${from}..${from + call.steps} on ${call.gpus.join()}`);
      return methods.run === undefined ? Promise.resolve({ steps: call.steps }) : methods.run(call);
    },
    finish(call) {
      note(`finish ${call.requestId} on ${call.gpu}`);
      return methods.finish === undefined ? Promise.resolve(`art of ${call.requestId}`) : methods.finish(call);
    },
    release(requestId) {
      note(`release ${requestId}`);
      return methods.release === undefined ? Promise.resolve() : methods.release(requestId);
    },
    close() {
      note('close');
      return methods.close === undefined ? Promise.resolve() : methods.close();
    },
  };
  return backend;
}

/** Answers that are given when the test says so, one for each call. */
export interface Gate<T> {
  /** What a method of a backend returns. */
  readonly wait: () => Promise<T>;
  /** Answers the oldest call that waits. */
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
  /** Calls that wait. */
  readonly waiting: number;
}

export function gate<T>(): Gate<T> {
  const waiting: { resolve: (value: T) => void; reject: (error: unknown) => void }[] = [];
  return {
    wait: () => new Promise<T>((resolve, reject) => waiting.push({ resolve, reject })),
    resolve: (value) => waiting.shift()!.resolve(value),
    reject: (error) => waiting.shift()!.reject(error),
    get waiting() {
      return waiting.length;
    },
  };
}
