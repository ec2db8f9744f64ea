import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Backend } from '../../../src/backends/index.js';
import {
  createSimulatedBackend,
  type SimulatedBackend,
  type SimulatedBackendOptions,
  type SimulatedChunkRecord,
} from '../../../src/backends/simulated/index.js';
import { createCluster } from '../../../src/model/index.js';
import { fixedDegree, type Policy } from '../../../src/policies/index.js';
import {
  createScheduler,
  type RequestHandle,
  type RequestOutcome,
  type RequestProgress,
  type Scheduler,
  type SchedulerOptions,
  type SubmitOptions,
  type SubmittedRequest,
} from '../../../src/scheduler/index.js';
import { createVirtualClock, type VirtualClock } from '../../../src/simulation/index.js';
import { planOf, profile, scripted, untimed } from '../tools.js';

export { profile };

/** A request that is watched. */
export interface Watched {
  readonly handle: RequestHandle;
  /** How it ended; `undefined` until then. */
  outcome?: RequestOutcome;
  /** When it ended, in ms. */
  endMs?: number;
  accepted?: boolean;
  /** When it was accepted or refused, in ms. */
  acceptedMs?: number;
  /** What its artifact promise rejected with. */
  error?: unknown;
  /** In short: `queued`, `preparing 0`, `running 1/4 on 0,1`, `decoding 0`, `end`. */
  readonly progress: string[];
}

type Submission = Partial<SubmittedRequest>;

/** A scheduler on a virtual clock, and what it told. */
export interface Live<B extends Backend = SimulatedBackend> {
  readonly clock: VirtualClock;
  readonly backend: B;
  readonly scheduler: Scheduler;
  /** `where: message` of everything that `onError` was told. */
  readonly errors: string[];
  /** Four steps of `64x64`, with a second of time, unless said otherwise. */
  submit(id: string, more?: Submission, options?: SubmitOptions<unknown>): Watched;
  watch(handle: RequestHandle): Watched;
  /** Lets time pass until then, in ms. */
  until(atMs: number): Promise<void>;
  /** Lets time pass until all these have ended. */
  ended(...watched: readonly Watched[]): Promise<void>;
}

export type LiveOptions = Partial<Omit<SchedulerOptions, 'clock' | 'backend'>> & { readonly clock?: VirtualClock };

const open: Live<Backend>[] = [];

/** A scheduler on this backend: `fixed-1`, and nothing happens by the passing of time alone. */
export async function liveOn<B extends Backend>(
  backend: B,
  { clock = createVirtualClock(), ...options }: LiveOptions = {},
): Promise<Live<B>> {
  const errors: string[] = [];
  const scheduler = await createScheduler({
    ...{ profile, policy: fixedDegree(1), backend, clock, ...untimed },
    onError: (error, where) => errors.push(`${where}: ${error instanceof Error ? error.message : inspect(error)}`),
    ...options,
  });
  const watch = (handle: RequestHandle): Watched => watchHandle(clock, handle);
  const live: Live<B> = {
    ...{ clock, backend, scheduler, errors, watch },
    submit: (id, more = {}, submitOptions = {}) =>
      watch(
        scheduler.submit(
          { id, shape: '64x64', steps: 4, deadlineMs: clock.nowMs() + 1000, ...more } as SubmittedRequest,
          submitOptions,
        ),
      ),
    until: (atMs) => clock.advance(atMs - clock.nowMs()),
    async ended(...watched) {
      await clock.advanceUntil(() => watched.every(({ outcome }) => outcome !== undefined));
      for (const { handle, outcome } of watched) expect(outcome, `the outcome of ${handle.id}`).toBeDefined();
    },
  };
  open.push(live);
  return live;
}

export interface LiveSimulated extends Live {
  /** What the simulated GPUs did. */
  readonly records: SimulatedChunkRecord[];
}

/** A scheduler on simulated GPUs of one domain; moving costs nothing. */
export async function live(
  gpuCount = 1,
  options: LiveOptions & { readonly simulated?: Partial<SimulatedBackendOptions> } = {},
): Promise<LiveSimulated> {
  const { clock = createVirtualClock(), simulated, ...rest } = options;
  const records: SimulatedChunkRecord[] = [];
  const backend = createSimulatedBackend({
    ...{ profile, cluster: createCluster(gpuCount), clock, switchMs: 0 },
    onChunk: (record) => records.push(record),
    ...simulated,
  });
  return { ...(await liveOn(backend, { clock, ...rest })), records };
}

/** All that waits in one batch on GPU 0, with all the steps that are left to the one with the fewest; who has to, alone. */
export function batches(): Policy {
  return scripted('event', (input) => {
    const { waiting, gpus, nowMs } = input;
    const [first] = waiting;
    if (first === undefined || gpus[0] === undefined || gpus[0].freeAtMs > nowMs) return planOf(input, null, []);
    const mates = waiting.filter(({ batchable }) => batchable);
    const members = first.batchable ? mates.slice(0, 2) : [first];
    const steps = Math.min(...members.map(({ remainingSteps }) => remainingSteps));
    return planOf(input, null, [{ requestIds: members.map(({ id }) => id), gpus: [gpus[0].id], steps }]);
  });
}

/** What a completed request looks like. */
export const completed = (latencyMs: number, more: object = {}): object => ({
  status: 'completed',
  onTime: true,
  latencyMs,
  ...more,
});

/** What a request that failed looks like. */
export const failedFor = (reason: string, detail: unknown = expect.any(String)): object => ({
  status: 'failed',
  reason,
  detail,
});

function watchHandle(clock: VirtualClock, handle: RequestHandle): Watched {
  const watched: Watched = { handle, progress: [] };
  void handle.outcome.then((outcome) => Object.assign(watched, { outcome, endMs: clock.nowMs() }));
  void handle.accepted.then((accepted) => Object.assign(watched, { accepted, acceptedMs: clock.nowMs() }));
  void listen(handle, watched.progress);
  return watched;
}

async function listen(handle: RequestHandle, to: string[]): Promise<void> {
  for await (const progress of handle.progress) to.push(inShort(progress));
  to.push('end');
}

export function inShort(progress: RequestProgress): string {
  switch (progress.status) {
    case 'queued':
      return 'queued';
    case 'running':
      return `running ${progress.stepsDone}/${progress.steps} on ${progress.gpus.join()}`;
    default:
      return `${progress.status} ${progress.gpu}`;
  }
}

const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): number => unhandled.push(reason);

beforeAll(() => {
  process.on('unhandledRejection', onUnhandled);
});

afterAll(() => {
  process.off('unhandledRejection', onUnhandled);
});

/** Whatever a test did: once its schedulers are closed, nothing is left of them, and no rejection went unheard. */
afterEach(async () => {
  for (const { clock, backend, scheduler } of open.splice(0)) {
    let isClosed = false;
    void scheduler.close().then(() => (isClosed = true));
    await clock.advanceUntil(() => isClosed);
    expect(isClosed, 'whether it could be closed').toBe(true);
    expect(clock.pending, 'calls of the clock').toBe(0);
    if ('held' in backend) expect((backend as SimulatedBackend).held(), 'states that are held').toBe(0);
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled.splice(0)).toEqual([]);
});
