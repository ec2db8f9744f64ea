import { vi } from 'vitest';
import type { BackendError, BackendEvent } from '../../../src/backends/index.js';
import {
  createCudaBackend,
  type CudaArtifact,
  type CudaBackend,
  type CudaBackendOptions,
  type CudaPayload,
} from '../../../src/backends/cuda/index.js';
import { createScriptedLauncher, type Script, type ScriptedWorker } from './scripted-launcher.js';

/** A call, watched. */
export interface Watched<Value> {
  status: 'pending' | 'resolved' | 'rejected';
  value?: Value;
  error?: BackendError;
}

export function watch<Value>(promise: Promise<Value>): Watched<Value> {
  const watched: Watched<Value> = { status: 'pending' };
  promise.then(
    (value) => Object.assign(watched, { status: 'resolved', value }),
    (error: unknown) => Object.assign(watched, { status: 'rejected', error }),
  );
  return watched;
}

/** Lets time pass, and everything happen that is due. For fake timers. */
export const pass = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

/** A step of a worker's log: `load latents 3`, `run 0,1`, ... */
function wordsOf({ type, part, step, group, groupId }: Readonly<Record<string, unknown>>): string {
  if (type === 'load') return `load ${String(part)} ${String(step)}`;
  if (type === 'run') return `run ${(group as { ranks: number[] }).ranks.join()}`;
  return type === 'drop' ? `drop ${String(groupId).replace(/.*-of-/, '')}` : String(type);
}

export type ScriptedOptions = Partial<CudaBackendOptions>;

/** A backend whose workers are scripts: short names for its calls, and what became of them. Not open yet. */
export function createScripted(worldSize: number, script?: Script, options: ScriptedOptions = {}) {
  const scripted = createScriptedLauncher(script);
  const events: string[] = [];
  const logged: string[] = [];
  const model = { adapter: 'tiny-flux' } as const;
  const backend: CudaBackend = createCudaBackend({
    ...{ model, device: 'cpu', worldSize, launcher: scripted.launcher, threads: 1, restartDelayMs: 100 },
    ...{ heartbeatTimeoutMs: 1e8, collectiveTimeoutMs: 1000, closeMs: 500 },
    onLog: (line, gpu) => logged.push(`${gpu}: ${line}`),
    ...options,
  });
  const listener = (event: BackendEvent): void => {
    events.push(event.type === 'lost' ? 'lost' : `${event.type} ${event.gpu}`);
  };
  const never = new AbortController().signal;
  const stepsDone = new Map<string, number>();
  return {
    ...{ backend, scripted, events, logged, listener },
    open: () => watch(backend.open(listener)),
    prepare: (requestId: string, { gpu = 0, signal = never, payload = { prompt: requestId } as object } = {}) => {
      stepsDone.set(requestId, 0);
      return watch(
        backend.prepare({
          ...{ requestId, shape: '64x64', steps: 10, startStep: 0, gpu, signal },
          payload: payload as CudaPayload,
        }),
      );
    },
    /** Steps of the requests named, separated by spaces, on these GPUs, from where they are. */
    run: (
      requestIds: string,
      gpus: readonly number[],
      { steps = 2, signal = never, onStep = () => undefined } = {},
    ) => {
      const ids = requestIds.split(' ');
      const members = ids.map((requestId) => ({ requestId, fromStep: stepsDone.get(requestId) ?? 0 }));
      const ran = backend.run({ members, steps, gpus, signal, onStep }).then((result) => {
        for (const id of ids) stepsDone.set(id, (stepsDone.get(id) ?? 0) + result.steps);
        return result;
      });
      return watch(ran);
    },
    finish: (requestId: string, gpu = 0) => watch<CudaArtifact>(backend.finish({ requestId, gpu, signal: never })),
    /** What a worker was sent from here on, in words. */
    since(worker: ScriptedWorker) {
      const from = worker.received.length;
      return () => worker.received.slice(from).map(({ header }) => wordsOf(header));
    },
  };
}

/** One that is open. */
export async function openScripted(worldSize: number, script?: Script, options?: ScriptedOptions) {
  const setup = createScripted(worldSize, script, options);
  const opened = setup.open();
  await pass();
  if (opened.status !== 'resolved') throw new Error(`it did not open: ${String(opened.error)}`);
  return setup;
}

/** Expects that a scripted backend leaves no worker and no timer. */
export async function closeScripted({ backend, scripted }: ReturnType<typeof createScripted>): Promise<string[]> {
  const closed = watch(backend.close());
  await pass(10_000);
  const left = scripted.alive().map(({ rank }) => `worker ${rank}`);
  if (closed.status !== 'resolved') left.push('it did not close');
  if (vi.getTimerCount() > 0) left.push(`${vi.getTimerCount()} timers`);
  if (backend.held() > 0) left.push(`${backend.held()} states`);
  return left;
}
