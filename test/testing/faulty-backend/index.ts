import {
  BackendError,
  type Backend,
  type BackendCapabilities,
  type BackendErrorCode,
  type BackendErrorDetails,
  type BackendListener,
  type RunCall,
} from '../../../src/backends/index.js';
import { createCluster } from '../../../src/model/index.js';
import { createVirtualClock } from '../../../src/simulation/virtual-clock.js';
import type { BackendHarness } from '../../../src/testing/index.js';
import { createCalls, type Call } from './calls.js';
import { denoise, draw, isFailing, type Denoised, type Payload } from './denoiser.js';
import type { Fault } from './faults.js';

export type { Payload } from './denoiser.js';
export type { Fault } from './faults.js';

export interface FaultyOptions {
  /** Default 4. */
  readonly gpus?: number;
  /** GPUs a domain. Default: all in one. */
  readonly domainSize?: number;
  /** Default: all. */
  readonly capabilities?: Partial<BackendCapabilities>;
  /** What is wrong. Default: nothing. */
  readonly fault?: Fault | undefined;
}

export const fullCapabilities: BackendCapabilities = {
  ...{ maxBatchSize: 3, reportsSteps: true, abortsChunks: true },
  ...{ keepsStateOnFailure: true, losesGpus: true, reopens: true },
};

export type FaultyHarness = BackendHarness<Payload, string>;

interface State extends Denoised {
  call: Call | undefined;
  isPrepared: boolean;
}

const stepMs = 10;
const encodeMs = 15;

/** A backend in memory, on virtual time, that can do everything, and one thing of it wrongly. */
export function createFaultyBackend(options: FaultyOptions = {}): FaultyHarness {
  const { gpus: gpuCount = 4, domainSize = gpuCount, fault } = options;
  const capabilities = { ...fullCapabilities, ...options.capabilities };
  const is = (one: Fault): boolean => one === fault;
  const clock = createVirtualClock();
  const cluster = createCluster(gpuCount, domainSize);
  const states = new Map<string, State>();
  const calls = createCalls(clock);
  const chunkOf = new Map<number, Call>();
  const lostGpus = new Set<number>();
  let life: 'fresh' | 'open' | 'draining' | 'closed' | 'lost' = 'fresh';
  let listener: BackendListener = () => undefined;

  const checkOpen = (): void => {
    if (life === 'fresh') refuse('backend-not-open');
    if (life === 'lost') refuse('backend-lost');
    if (life !== 'open' && !(life === 'draining' && is('draining-takes-work'))) refuse('backend-closed');
  };
  const checkGpus = (gpus: readonly number[]): void => {
    const isKnown = gpus.every((gpu) => cluster.gpus.some(({ id }) => id === gpu));
    if (!isKnown || new Set(gpus).size < gpus.length) refuse('unsupported');
    const lost = gpus.filter((gpu) => lostGpus.has(gpu));
    if (lost.length > 0) refuse('gpu-lost', { gpus: lost, state: 'intact' });
  };
  const stateOf = (requestId: string): State => {
    const state = states.get(requestId);
    return state?.isPrepared === true ? state : refuse('not-prepared');
  };
  const checkBatch = ({ members, steps }: RunCall): readonly State[] => {
    if (members.length > capabilities.maxBatchSize) refuse('unsupported');
    const batch = members.map(({ requestId }) => stateOf(requestId));
    if (is('refused-batch-touches-first')) batch[0]!.latent += members.length - 1;
    if (new Set(batch.map(({ shape }) => shape)).size > 1) refuse('unsupported');
    if (batch.some(({ call }) => call !== undefined)) refuse('request-busy');
    for (const [index, { fromStep }] of members.entries()) {
      const { stepsDone, steps: all } = batch[index]!;
      if (stepsDone !== fromStep || stepsDone + steps > all) refuse('wrong-step');
    }
    return batch;
  };

  /** Waits till the GPU is in no chunk, and then for as long as the work on it takes. */
  const takeTurn = async (call: Call, signal: AbortSignal): Promise<void> => {
    const wake = (): void => call.wake();
    const isOver = (): boolean => signal.aborted || call.isStopped;
    signal.addEventListener('abort', wake);
    try {
      while (!isOver() && chunkOf.has(call.gpus[0]!)) await call.pause();
      if (!isOver()) await call.pause(encodeMs);
      if (isOver() && !is('released-prepare-comes-late')) refuse('aborted');
    } finally {
      signal.removeEventListener('abort', wake);
    }
  };

  const fail = (run: RunCall, batch: readonly State[], steps: number): never => {
    const requestIds = run.members.filter((_, index) => isFailing(batch[index]!)).map(({ requestId }) => requestId);
    if (is('failure-harms-mates')) for (const member of batch) member.latent = 0;
    if (capabilities.keepsStateOnFailure) return refuse('chunk-failed', { requestIds, state: 'intact', steps });
    for (const { requestId } of run.members) states.delete(requestId);
    return refuse('chunk-failed', { requestIds });
  };

  const runSteps = async (run: RunCall, batch: readonly State[], call: Call): Promise<number> => {
    const isReleased = (): boolean =>
      batch.some((member, index) => states.get(run.members[index]!.requestId) !== member);
    const isDeaf = (): boolean =>
      !capabilities.abortsChunks ||
      (is('close-waits-for-chunks') && life === 'draining') ||
      (is('release-does-not-stop') && isReleased());
    const isOver = (): boolean => (run.signal.aborted || call.isStopped) && !isDeaf();
    let done = 0;
    for (; done < run.steps && !isOver(); done++) {
      try {
        await call.pause(stepMs);
      } catch (error) {
        const { code, message, gpus = [] } = error as BackendError;
        if (code !== 'gpu-lost') throw error;
        throw new BackendError(code, message, { state: 'intact', steps: done, gpus });
      }
      if (batch.some(isFailing)) fail(run, batch, done);
      for (const member of batch) denoise(member, batch, call.gpus, run.steps, fault);
      for (const [index, member] of batch.entries()) {
        member.stepsDone++;
        const current = states.get(run.members[index]!.requestId);
        if (is('old-chunk-writes-to-new-state') && current !== undefined) current.latent = member.latent;
      }
      if (capabilities.reportsSteps) run.onStep?.(done + 1);
    }
    if (is('abort-leaves-mates-behind') && done < run.steps) for (const mate of batch.slice(1)) mate.latent = 0;
    if (is('release-takes-mates-along') && isReleased()) for (const mate of batch) mate.latent = 0;
    return done;
  };

  const backend: Backend<Payload, string> = {
    specificationVersion: 'v1',
    name: 'faulty',
    capabilities,
    async open(ear) {
      await Promise.resolve();
      if (is('reopened-remembers') && life === 'lost') {
        states.set('old', { ...draw(0, '256x256', 4, 0), call: undefined, isPrepared: true });
      }
      life = 'open';
      listener = ear;
      lostGpus.clear();
      return { cluster };
    },
    async prepare({ requestId, shape, steps, startStep, payload, gpu, signal }) {
      checkOpen();
      if (!/^\d+x\d+$/.test(shape)) refuse('unsupported');
      if (states.has(requestId)) refuse('already-prepared');
      checkGpus([gpu]);
      const call = calls.begin('prepare', [gpu]);
      const state = { ...draw(payload, shape, steps, startStep), call, isPrepared: false } as State;
      states.set(requestId, state);
      try {
        await takeTurn(call, signal);
        state.isPrepared = true;
        if (is('released-prepare-comes-late')) states.set(requestId, state);
      } finally {
        state.call = undefined;
        call.end();
      }
    },
    async run(run) {
      checkOpen();
      const batch = checkBatch(run);
      checkGpus(run.gpus);
      if (run.gpus.some((gpu) => chunkOf.has(gpu))) refuse('gpu-busy');
      const call = calls.begin('run', run.gpus);
      for (const gpu of run.gpus) chunkOf.set(gpu, call);
      for (const member of batch) member.call = call;
      try {
        if (is('two-chunks-at-a-time') && new Set(chunkOf.values()).size > 2) await [...chunkOf.values()][0]!.ended;
        const steps = await runSteps(run, batch, call);
        return { steps, durationMs: steps * stepMs };
      } finally {
        for (const gpu of run.gpus) chunkOf.delete(gpu);
        for (const member of batch) member.call = undefined;
        call.end();
      }
    },
    async finish({ requestId, gpu, signal }) {
      checkOpen();
      const state = stateOf(requestId);
      if (state.call !== undefined) refuse('request-busy');
      if (state.stepsDone < state.steps) refuse('wrong-step');
      checkGpus([gpu]);
      const call = calls.begin('finish', [gpu]);
      state.call = call;
      try {
        await takeTurn(call, signal);
        return `${state.shape} ${state.latent}`;
      } finally {
        state.call = undefined;
        call.end();
      }
    },
    async release(requestId) {
      const call = states.get(requestId)?.call;
      states.delete(requestId);
      if (call === undefined) return;
      call.isStopped = true;
      if (call.kind !== 'run') call.wake();
      await call.ended;
    },
    async close() {
      if (life === 'closed') return;
      life = 'draining';
      for (const call of calls) {
        call.isStopped = true;
        if (call.kind === 'run') continue;
        if (is('close-forgets-those-who-wait')) call.forget();
        else call.fail(new BackendError('backend-closed', 'it is closed'));
      }
      if (!is('close-forgets-those-who-wait')) await calls.ended();
      if (!is('close-keeps-state')) states.clear();
      life = 'closed';
    },
  };

  const tell: BackendListener = (event) => {
    if (life === 'open' || is('closing-tells-losses')) listener(event);
  };

  return {
    backend,
    held: () => states.size,
    advanceUntil: (done) => clock.advanceUntil(done),
    loseGpu(gpu) {
      if (lostGpus.has(gpu) && !is('loss-is-told-twice')) return;
      lostGpus.add(gpu);
      tell({ type: 'gpu-lost', gpu, detail: 'it fell off the bus' });
      for (const call of calls) {
        if (!call.gpus.includes(gpu) && !is('loss-ends-every-chunk')) continue;
        if (call.kind === 'run' && is('chunks-survive-loss')) continue;
        if (call.kind !== 'run' && is('loss-forgets-those-who-wait')) call.forget();
        else call.fail(new BackendError('gpu-lost', `GPU ${gpu} is lost`, { gpus: [gpu], state: 'intact' }));
      }
    },
    restoreGpu(gpu) {
      if (lostGpus.delete(gpu)) tell({ type: 'gpu-back', gpu });
    },
    loseBackend() {
      tell({ type: 'lost', detail: 'it crashed' });
      life = 'lost';
      states.clear();
      for (const call of calls) call.fail(new BackendError('backend-lost', 'it crashed'));
    },
  };
}

function refuse(code: BackendErrorCode, details: BackendErrorDetails = {}): never {
  throw new BackendError(code, `it is ${code}`, details);
}
