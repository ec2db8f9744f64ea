import { expect } from 'vitest';
import type { BackendError, BackendEvent, RunResult } from '../../src/backends/index.js';
import {
  createSimulatedBackend,
  type SimulatedArtifact,
  type SimulatedBackend,
  type SimulatedBackendOptions,
  type SimulatedChunkRecord,
} from '../../src/backends/simulated/index.js';
import { createCluster } from '../../src/model/index.js';
import { createVirtualClock, type VirtualClock } from '../../src/simulation/index.js';
import { profileOf, square } from '../simulation/worlds.js';

/** Small images cost steps only; big ones are encoded in 5 ms and decoded in 8. */
export const profile = profileOf(
  square(64, { 1: 10, 2: 6, 4: 4 }, { batchStepMs: { 2: { 1: 18, 2: 11 }, 3: { 1: 25 } }, stepCv: 0.02 }),
  square(128, { 1: 40, 2: 22 }, { encodeMs: 5, decodeMs: 8, batchStepMs: { 2: { 1: 70 } } }),
);
export const small = '64x64';
export const big = '128x128';

/** What became of a call. */
export interface Watched<T> {
  status: 'pending' | 'resolved' | 'rejected';
  /** When it was answered, in ms. */
  atMs?: number;
  value?: T;
  error?: BackendError;
}

interface CallOptions {
  readonly gpu?: number;
  readonly signal?: AbortSignal;
}

/** A simulated backend on a virtual clock, what it told, and calls with defaults. */
export interface Setup {
  readonly clock: VirtualClock;
  readonly backend: SimulatedBackend;
  readonly events: BackendEvent[];
  readonly records: SimulatedChunkRecord[];
  open(): Promise<void>;
  /** Lets time pass until that time, in ms. */
  until(atMs: number): Promise<void>;
  watch<T>(promise: Promise<T>): Watched<T>;
  /** Small, 4 steps, on GPU 0. */
  prepare(
    requestId: string,
    more?: CallOptions & { shape?: string; steps?: number; startStep?: number; payload?: unknown },
  ): Watched<void>;
  /** All of 4 steps on GPU 0, or `steps` from `from`, for all of `ids` (`"a b"`). */
  run(
    ids: string,
    more?: {
      steps?: number;
      from?: number | readonly number[];
      gpus?: readonly number[];
      signal?: AbortSignal;
      onStep?: (done: number) => void;
    },
  ): Watched<RunResult>;
  finish(requestId: string, more?: CallOptions): Watched<SimulatedArtifact>;
  release(requestId: string): Watched<void>;
  close(): Watched<void>;
}

const setups: Setup[] = [];

/** A fresh one, on four GPUs of one domain, that moves requests in 3 ms. */
export function createSetup(options: Partial<SimulatedBackendOptions> = {}): Setup {
  const clock = createVirtualClock();
  const records: SimulatedChunkRecord[] = [];
  const events: BackendEvent[] = [];
  const backend = createSimulatedBackend({
    profile,
    cluster: createCluster(4),
    clock,
    switchMs: 3,
    onChunk: (record) => records.push(record),
    ...options,
  });
  const watch = <T>(promise: Promise<T>): Watched<T> => {
    const watched: Watched<T> = { status: 'pending' };
    promise.then(
      (value) => Object.assign(watched, { status: 'resolved', atMs: clock.nowMs(), value }),
      (error: unknown) => Object.assign(watched, { status: 'rejected', atMs: clock.nowMs(), error }),
    );
    return watched;
  };
  const never = new AbortController().signal;

  const setup: Setup = {
    clock,
    backend,
    events,
    records,
    async open() {
      await backend.open((event) => events.push(event));
    },
    until: (atMs) => clock.advance(atMs - clock.nowMs()),
    watch,
    prepare: (
      requestId,
      { shape = small, steps = 4, startStep = 0, payload = requestId, gpu = 0, signal = never } = {},
    ) => watch(backend.prepare({ requestId, shape, steps, startStep, payload, gpu, signal })),
    run(ids, { steps = 4, from = 0, gpus = [0], signal = never, onStep } = {}) {
      const members = ids
        .split(' ')
        .filter((id) => id !== '')
        .map((requestId, index) => ({ requestId, fromStep: typeof from === 'number' ? from : from[index]! }));
      return watch(backend.run({ members, steps, gpus, signal, ...(onStep && { onStep }) }));
    },
    finish: (requestId, { gpu = 0, signal = never } = {}) => watch(backend.finish({ requestId, gpu, signal })),
    release: (requestId) => watch(backend.release(requestId)),
    close: () => watch(backend.close()),
  };
  setups.push(setup);
  return setup;
}

/** One that is open, with requests of that kind prepared; no time has passed where preparing takes none. */
export async function openSetup(
  ids = '',
  more: Parameters<Setup['prepare']>[1] = {},
  options: Partial<SimulatedBackendOptions> = {},
): Promise<Setup> {
  const setup = createSetup(options);
  await setup.open();
  const prepared = ids
    .split(' ')
    .filter((id) => id !== '')
    .map((id) => setup.prepare(id, more));
  await setup.clock.advanceUntil(() => prepared.every(({ status }) => status !== 'pending'));
  for (const each of prepared) expect(each.status).toBe('resolved');
  return setup;
}

/** For `afterEach`: nothing is left of any setup once it is closed, whatever it went through. */
export async function expectNothingLeft(): Promise<void> {
  for (const { backend, clock } of setups.splice(0)) {
    await backend.close();
    expect(backend.held()).toBe(0);
    expect(clock.pending).toBe(0);
  }
}

/** A call that rejected with a `BackendError`. */
export function rejected(code: string, more: Partial<BackendError> = {}): unknown {
  return expect.objectContaining({
    status: 'rejected',
    error: expect.objectContaining({ name: 'BackendError', code, ...more }),
  });
}

export function abortable(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
