import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createGpuTurns, createRequestStates } from '../bookkeeping/index.js';
import { TetriError } from '../../model/index.js';
import { BackendError, type Backend, type BackendEvent } from '../contract/index.js';
import type { CallContext } from './calls/call-context.js';
import { decode } from './calls/finish.js';
import { encode } from './calls/prepare.js';
import { checkFinish, checkPrepare, checkRun } from './calls/refusals.js';
import { runSteps } from './calls/run.js';
import type { CallInProgress } from './calls/call-in-progress.js';
import { startCall } from './calls/start-call.js';
import type { CudaState } from './cuda-state.js';
import { findPython, packageRoot } from './launcher/find-python.js';
import { createLocalLauncher } from './launcher/local-launcher.js';
import type { WorkerLauncher } from './launcher/launcher.js';
import { parseOptions, type CudaBackendOptions, type CudaSettings } from './options.js';
import type { CudaArtifact, CudaPayload } from './payload.js';
import { protocolVersion, type GroupName, type StateMessage } from './protocol/messages.js';
import { startError } from './start-error.js';
import { createGroups } from './workers/groups.js';
import { warmAlignedGroups } from './workers/warm-groups.js';
import { startWorker, type Worker } from './workers/worker.js';
import { createWorkerPool, type WorkerPool } from './workers/worker-pool.js';

/**
 * A backend on workers, and what operators and tests want to know of it.
 *
 * @experimental
 */
export interface CudaBackend extends Backend<CudaPayload, CudaArtifact> {
  /** States of requests that it holds. */
  held(): number;
}

type Life = 'fresh' | 'opening' | 'open' | 'closed';

/**
 * A backend that runs Diffusion Transformers on GPUs, one worker process for each, or on the CPU. A chunk runs on a group of workers by
 * Ulysses sequence parallelism; the group is chosen anew for each chunk.
 *
 * A worker that dies, or gives no sign of life, is `gpu-lost`, and started anew; chunks that it had no part in go on. Whatever a
 * request had completed by its last chunk survives, for its latents are here when `run` resolves.
 *
 * `open` rejects with a `TetriError` that names the remedy: `python-missing`, `torch-missing`, `no-gpu`, `model-not-found`, `bad-model`,
 * `out-of-memory`, `unsupported-protocol`, `worker-failed`, `out-of-range` for larger batches than the model takes. It may be called
 * again then.
 *
 * @throws `TetriError` `invalid-type`, `out-of-range`, `empty` for options that make no sense
 *
 * @experimental
 */
export function createCudaBackend(options: CudaBackendOptions): CudaBackend {
  const settings = parseOptions(options);
  const { cluster, maxBatchSize, worldSize } = settings;
  // No worker and no meeting place takes what is of this backend for another one's.
  const name = randomUUID();
  const releases = new Set<Promise<unknown>>();
  const states = createRequestStates<CudaState>((key) => forget(key), `${name}/`);
  const groups = createGroups({ prefix: name, onForgotten: (group) => tellToDrop(group) });
  const turns = createGpuTurns();
  const calls = new Set<CallInProgress>();
  const domainOf = new Map(cluster.gpus.map(({ id, domain }) => [id, domain]));
  let life: Life = 'fresh';
  let heads = 1;
  let tell: (event: BackendEvent) => void = () => undefined;
  let launcher = options.launcher;
  let pool: WorkerPool = nobody;
  let closing: Promise<void> | undefined;
  /** Why each GPU is lost that is. */
  const lostGpus = new Map<number, string>();

  const context: CallContext = {
    ...{ states, turns, calls, groups, domainOf, maxBatchSize },
    get pool() {
      return pool;
    },
    heads: () => heads,
    groupTimeoutMs: settings.collectiveTimeoutMs,
  };

  const report = (event: BackendEvent): void => {
    if (life === 'open') tell(event);
  };

  const tellToDrop = ({ id, ranks }: GroupName): void => {
    for (const rank of ranks) pool.at(rank)?.notify({ type: 'drop', groupId: id });
  };

  /** Has every worker drop what it holds of a state. */
  const forget = (key: string): void => {
    for (const worker of pool.all()) {
      if (!worker.holdings.delete(key)) continue;
      const release = worker.call({ type: 'release', key }).answer.catch(() => undefined);
      releases.add(release);
      void release.then(() => releases.delete(release));
    }
  };

  const take = ({ key, part, step }: StateMessage, bytes: Uint8Array): void => {
    const state = states.get(key);
    if (state === undefined) return;
    if (part === 'conditioning') state.conditioning = bytes;
    else state.arrived = { step, bytes };
  };

  const onLost = ({ rank }: Worker, why: string): void => {
    // Whoever waits for it in a collective is freed; what was made with it is of no use any more.
    for (const group of groups.dropAllOf(rank)) tellToDrop(group);
    const [detail = why] = why.split('\n');
    settings.onLog(`lost: ${why}`, rank);
    const lost = new BackendError('gpu-lost', `GPU ${rank} is lost: ${detail}`, { state: 'intact', gpus: [rank] });
    lostGpus.set(rank, detail);
    report({ type: 'gpu-lost', gpu: rank, detail });
    for (const call of [...calls]) if (call.gpus.includes(rank)) call.fail(lost);
  };

  const createPool = (from: WorkerLauncher): WorkerPool =>
    createWorkerPool({
      worldSize,
      restartDelayMs: settings.restartDelayMs,
      startOne: (rank) =>
        startWorker({
          ...{ rank, launcher: from, hello: helloOf(settings, from, rank) },
          startTimeoutMs: settings.startTimeoutMs,
          heartbeatTimeoutMs: settings.heartbeatTimeoutMs,
          onLog: (line) => settings.onLog(line, rank),
          onState: take,
        }),
      onLost,
      onBack(gpu) {
        lostGpus.delete(gpu);
        report({ type: 'gpu-back', gpu });
      },
      onRestartFailed: (rank, error) => settings.onLog(`not back: ${String(error)}`, rank),
    });

  const refuseUnlessOpen = (): void => {
    if (life === 'closed') throw new BackendError('backend-closed', 'the backend is closed');
    if (life !== 'open') throw new BackendError('backend-not-open', 'the backend is not open');
  };
  /** Checks, then starts a call; what is thrown is the answer as well. */
  const answer = async <Result>(start: () => Promise<Result>): Promise<Result> => {
    refuseUnlessOpen();
    const result = start();
    try {
      return await result;
    } catch (error) {
      // Whatever ended it: it was closed.
      if (BackendError.isInstance(error) && error.code === 'aborted' && life === 'closed') throw closed();
      throw error;
    }
  };
  const closed = (): BackendError => new BackendError('backend-closed', 'the backend was closed');

  const close = async (): Promise<void> => {
    life = 'closed';
    // What runs gets to its step boundary; who does not within the time is ended with its process.
    const ended = Promise.all([...calls].map((call) => call.end(closed())));
    await within(settings.closeMs, ended);
    states.dropAll();
    await pool.close(settings.closeMs);
    // Where it was still opening, that has failed by now.
    await opening?.catch(() => undefined);
    await ended;
    await launcher?.close();
  };

  /** Better now than at the first batch of that size. */
  const refuseLargerBatches = async (modelTakes: number): Promise<void> => {
    if (maxBatchSize <= modelTakes) return;
    await pool.close(settings.closeMs);
    const remedy = 'ask for less, or raise `maxBatchSize` in the options of the model';
    throw new TetriError(
      'out-of-range',
      `the model takes batches of at most ${modelTakes}; ${remedy}`,
      'maxBatchSize',
      maxBatchSize,
    );
  };

  let opening: Promise<unknown> | undefined;
  const open = async (): Promise<void> => {
    const own = options.launcher ?? localLauncher(settings);
    launcher = own;
    pool = createPool(own);
    try {
      const told = await pool.start();
      await refuseLargerBatches(Math.min(...told.map(({ model }) => model.maxBatchSize)));
      heads = Math.min(...told.map(({ model }) => model.heads));
      settings.onLog(await warmAlignedGroups(cluster, pool, groups, heads, tellToDrop), 0);
    } catch (error) {
      pool = nobody;
      // One that was handed in serves the next try as well.
      if (own !== options.launcher) {
        launcher = undefined;
        await own.close();
      }
      throw startError(error);
    }
  };

  return {
    specificationVersion: 'v1',
    name: `${settings.device} workers`,
    capabilities: {
      maxBatchSize,
      reportsSteps: true,
      abortsChunks: true,
      keepsStateOnFailure: true,
      losesGpus: true,
      reopens: false,
    },

    async open(listener) {
      if (life === 'closed') throw closed();
      if (life !== 'fresh') throw new BackendError('unsupported', 'the backend is open already');
      life = 'opening';
      opening = open();
      try {
        await opening;
      } catch (error) {
        if ((life as Life) === 'closed') throw closed();
        life = 'fresh';
        throw error;
      }
      if ((life as Life) === 'closed') throw closed();
      life = 'open';
      tell = listener;
      // Those that went while others were loading.
      for (const [gpu, detail] of lostGpus) report({ type: 'gpu-lost', gpu, detail });
      return { cluster };
    },

    prepare: (call) =>
      answer(() => {
        const { requestId, steps, startStep, payload, gpu, signal } = call;
        const shape = checkPrepare(context, call);
        const state = states.add({
          ...{ requestId, shape, steps, stepsDone: startStep },
          ...{ conditioning: null, latents: null, arrived: null },
        });
        return startCall(context, {
          ...{ stage: 'encode', members: [state], gpus: [gpu], signal },
          work: (stop) => encode(context, state, gpu, payload, stop),
        });
      }),

    run: (call) =>
      answer(() => {
        const { gpus, signal } = call;
        const members = checkRun(context, call);
        return startCall(context, {
          ...{ stage: 'denoise', members, gpus, signal, nothing: { steps: 0 } },
          work: (stop) => runSteps(context, call, members, stop),
        });
      }),

    finish: (call) =>
      answer(() => {
        const { gpu, signal } = call;
        const state = checkFinish(context, call);
        return startCall(context, {
          ...{ stage: 'decode', members: [state], gpus: [gpu], signal },
          work: (stop) => decode(context, state, gpu, stop),
        });
      }),

    async release(requestId) {
      await states.release(requestId);
      await Promise.all(releases);
    },

    close: () => (closing ??= close()),

    held: () => states.size,
  };
}

const nobody: WorkerPool = {
  at: () => undefined,
  all: () => [],
  start: () => Promise.resolve([]),
  close: () => Promise.resolve(),
};

function localLauncher({ python, env }: CudaSettings): WorkerLauncher {
  const root = packageRoot();
  return createLocalLauncher({
    python: python ?? findPython(root, process.env),
    packageDirectory: join(root, 'src', 'backends', 'cuda', 'worker'),
    env,
  });
}

function helloOf(settings: CudaSettings, { rendezvous }: WorkerLauncher, rank: number) {
  const { device, worldSize, threads, model, collectiveTimeoutMs, heartbeatTimeoutMs, testing } = settings;
  return {
    type: 'hello' as const,
    protocol: protocolVersion,
    ...{ rank, worldSize, device, deviceIndex: rank, threads, model, rendezvous, testing },
    collectiveTimeoutMs: Math.ceil(collectiveTimeoutMs),
    // Often enough that one that is late is not taken for silence.
    heartbeatMs: Math.max(1, Math.floor(heartbeatTimeoutMs / 10)),
  };
}

/** Till a promise has settled, or the time is up. */
function within(ms: number, promise: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const settled = (): void => {
      clearTimeout(timer);
      resolve();
    };
    promise.then(settled, settled);
  });
}
