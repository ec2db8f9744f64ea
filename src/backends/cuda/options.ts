import { availableParallelism } from 'node:os';
import { callable, duration, flag, optional, record, text, whole } from '../../model/check.js';
import { createCluster, TetriError, type Cluster } from '../../model/index.js';
import type { WorkerLauncher } from './launcher/launcher.js';
import type { WorkerModel } from './protocol/messages.js';

/**
 * The model that a backend runs.
 *
 * @experimental
 */
export interface CudaModel {
  /**
   * Which kind of model: `flux` and `sd3`, a diffusers pipeline in a local folder; `shapes`, the small model of this project; `tiny-flux`
   * and `tiny-sd3`, with random weights, for tests.
   */
  readonly adapter: 'flux' | 'sd3' | 'shapes' | 'tiny-flux' | 'tiny-sd3';
  /** The local folder with the weights, as safetensors. Nothing is downloaded. Not for `tiny-flux` and `tiny-sd3`. */
  readonly path?: string;
  /** What weights and activations are computed in. Default `bfloat16` on CUDA, `float32` on the CPU. */
  readonly dtype?: 'float32' | 'bfloat16' | 'float16';
  /** What the adapter takes beside; plain JSON. Default none. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/**
 * What a CUDA backend is made from.
 *
 * @experimental
 */
export interface CudaBackendOptions {
  /** What the workers load. */
  readonly model: CudaModel;
  /** `cuda`: a GPU for each worker, NCCL between them. `cpu`: the same code on the CPU, Gloo between them. Default `cuda`. */
  readonly device?: 'cuda' | 'cpu';
  /** Workers, one for each GPU, a whole number of at least 1. Default 1. */
  readonly worldSize?: number;
  /** GPUs of a domain: groups lie within one. Default: all. */
  readonly domainSize?: number;
  /** Requests of a chunk at most, a whole number of at least 1. Default 4. */
  readonly maxBatchSize?: number;
  /** The Python that runs the workers. Default: `TETRI_PYTHON`, else the `.venv` of this package, else `python3`. */
  readonly python?: string;
  /** Threads of each worker for what is computed on the CPU. Default: on the CPU, its cores shared out; on CUDA, what torch takes. */
  readonly threads?: number;
  /** Added to the environment of the workers. Default none. */
  readonly env?: Readonly<Record<string, string>>;
  /** How long the workers may take to load, in ms, above 0. Default 600 000. */
  readonly startTimeoutMs?: number;
  /** After so long without a sign of life a worker is taken for lost, in ms, above 0. Default 10 000. */
  readonly heartbeatTimeoutMs?: number;
  /** How long a collective of a group may take before it has failed, in ms, above 0. Default 60 000. */
  readonly collectiveTimeoutMs?: number;
  /** Time before a lost worker is started anew, in ms, above 0; doubled with every try that fails. Default 1000. */
  readonly restartDelayMs?: number;
  /** How long a worker may take to end by itself when the backend is closed, in ms, above 0. Default 5000. */
  readonly closeMs?: number;
  /** Where workers run. Default: processes on this machine. */
  readonly launcher?: WorkerLauncher;
  /** Told of every line that a worker writes, of workers that are lost, and of tries to start one anew. Default none. */
  readonly onLog?: (line: string, gpu: number) => void;
  /** Whether workers do what tests ask for: payloads that fail, injected faults. Default `false`. */
  readonly testing?: boolean;
}

/** The options with every default filled in. */
export interface CudaSettings {
  readonly model: WorkerModel;
  readonly device: 'cuda' | 'cpu';
  readonly cluster: Cluster;
  readonly worldSize: number;
  readonly maxBatchSize: number;
  readonly python: string | undefined;
  readonly threads: number | null;
  readonly env: Readonly<Record<string, string>>;
  readonly startTimeoutMs: number;
  readonly heartbeatTimeoutMs: number;
  readonly collectiveTimeoutMs: number;
  readonly restartDelayMs: number;
  readonly closeMs: number;
  readonly onLog: (line: string, gpu: number) => void;
  readonly testing: boolean;
}

const adapters = ['flux', 'sd3', 'shapes', 'tiny-flux', 'tiny-sd3'] as const;
/** The longest wait, some twelve days: timers take twice that, and fire at once beyond it. */
const maxWaitMs = 2 ** 30;
const dtypes = ['float32', 'bfloat16', 'float16'] as const;

/**
 * Checks the options and fills in the defaults.
 *
 * @throws `TetriError` `invalid-type`, `out-of-range`, `empty`
 */
export function parseOptions(options: CudaBackendOptions): CudaSettings {
  record(options, 'options');
  const device = oneOf(options.device ?? 'cuda', ['cuda', 'cpu'] as const, 'device');
  const worldSize = whole(options.worldSize ?? 1, 'worldSize', 1);
  const threads = device === 'cpu' ? Math.max(1, Math.floor(availableParallelism() / worldSize)) : null;
  return {
    model: parseModel(options.model, device),
    device,
    worldSize,
    cluster: createCluster(worldSize, whole(options.domainSize ?? worldSize, 'domainSize', 1)),
    maxBatchSize: whole(options.maxBatchSize ?? 4, 'maxBatchSize', 1),
    python: optional(options.python, undefined, (value) => text(value, 'python')),
    threads: optional(options.threads, threads, (value) => whole(value, 'threads', 1)),
    env: optional(options.env, {}, (value) => parseEnv(value)),
    startTimeoutMs: wait(options.startTimeoutMs ?? 600_000, 'startTimeoutMs'),
    heartbeatTimeoutMs: wait(options.heartbeatTimeoutMs ?? 10_000, 'heartbeatTimeoutMs'),
    collectiveTimeoutMs: wait(options.collectiveTimeoutMs ?? 60_000, 'collectiveTimeoutMs'),
    restartDelayMs: wait(options.restartDelayMs ?? 1000, 'restartDelayMs'),
    closeMs: wait(options.closeMs ?? 5000, 'closeMs'),
    onLog: optional(
      options.onLog,
      () => undefined,
      (value) => callable(value, 'onLog') as CudaSettings['onLog'],
    ),
    testing: flag(options.testing ?? false, 'testing'),
  };
}

function wait(value: unknown, path: string): number {
  return Math.min(duration(value, path), maxWaitMs);
}

function parseModel(value: unknown, device: 'cuda' | 'cpu'): WorkerModel {
  const model = record(value, 'model');
  const adapter = oneOf(model['adapter'], adapters, 'model.adapter');
  const needsPath = !adapter.startsWith('tiny-');
  return {
    adapter,
    path: needsPath ? text(model['path'], 'model.path') : null,
    dtype: oneOf(model['dtype'] ?? (device === 'cuda' ? 'bfloat16' : 'float32'), dtypes, 'model.dtype'),
    options: optional(model['options'], {}, (options) => record(options, 'model.options')),
  };
}

function parseEnv(value: unknown): Readonly<Record<string, string>> {
  const env = record(value, 'env');
  for (const [name, content] of Object.entries(env)) {
    if (typeof content !== 'string') text(content, `env.${name}`);
  }
  return env as Readonly<Record<string, string>>;
}

function oneOf<T extends string>(value: unknown, known: readonly T[], path: string): T {
  if (!known.includes(value as T)) {
    const message = `expected one of ${known.join(', ')}`;
    throw new TetriError(typeof value === 'string' ? 'out-of-range' : 'invalid-type', message, path, value);
  }
  return value as T;
}
