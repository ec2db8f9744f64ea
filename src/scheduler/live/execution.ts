import type { Backend, RunResult } from '../../backends/index.js';
import type { Clock } from '../../clock/index.js';
import type { SchedulerCommand } from '../core/commands.js';
import type { SchedulerEvent } from '../core/events.js';
import type { Connection } from './connection.js';
import { readFailure, type CallFailure } from './failure.js';
import { ask } from './foreign.js';
import type { Job } from './job.js';

type RunCommand = SchedulerCommand & { type: 'run' };
type FinishCommand = SchedulerCommand & { type: 'finish' };

/** Carries commands out on the backend, and posts what comes of them. */
export interface Execution<Payload, Artifact> {
  /** Encodes whom that is due for, then runs the steps. */
  run(command: RunCommand): void;
  /** Stops a chunk at the next step boundary. */
  abort(chunkId: number): void;
  /** Decodes. */
  finish(command: FinishCommand): void;
  /** Stops a decoding, if the backend can. */
  abortFinish(job: Job<Payload, Artifact> | undefined): void;
  /** Drops the state of a request; what is answered for it from now on does not count. */
  reset(job: Job<Payload, Artifact>): void;
}

/** What the execution works with. */
export interface ExecutionContext<Payload, Artifact> {
  readonly backend: Backend<Payload, Artifact>;
  readonly clock: Clock;
  readonly jobs: ReadonlyMap<string, Job<Payload, Artifact>>;
  readonly post: (event: SchedulerEvent) => void;
  /** Knows what is lost, and is told of what else is by the failures of calls. */
  readonly connection: Pick<Connection, 'losses' | 'wasLost' | 'hear' | 'worked'>;
  readonly onError: (error: unknown, where: string) => void;
}

/** Calls of the backend, their answers, and nothing else: every decision is the core's. */
export function createExecution<Payload, Artifact>(
  context: ExecutionContext<Payload, Artifact>,
): Execution<Payload, Artifact> {
  const { backend, clock, jobs, post, connection } = context;
  const chunks = new Map<number, AbortController>();

  const execute = async (command: RunCommand, controller: AbortController): Promise<void> => {
    const { chunkId, requestIds, gpus } = command;
    const since = connection.losses;
    const members = requestIds.map((id) => jobs.get(id) as Job<Payload, Artifact>);
    const encoded: string[] = [];
    const { signal } = controller;
    const attempts = members.map(({ attempt }) => attempt);
    // Told to stop, or given up with its requests while they were encoded: then they have no state to run on.
    const isOff = (): boolean => signal.aborted || members.some(({ attempt }, index) => attempt !== attempts[index]);
    let blamed: string | undefined;
    try {
      for (const id of command.encode) {
        const job = jobs.get(id) as Job<Payload, Artifact>;
        if (isOff()) break;
        blamed = id;
        await prepare(job, gpus[0] as number, signal);
        blamed = undefined;
        if (job.prepared) encoded.push(id);
      }
      if (isOff()) {
        post({ type: 'chunk-done', atMs: clock.nowMs(), chunkId, steps: 0, encoded });
        return;
      }
      const startMs = clock.nowMs();
      const result = await steps(command, members, signal, since);
      const atMs = clock.nowMs();
      if (result.steps === 0 && !signal.aborted) throw new Error('the backend completed no step');
      const durationMs = result.durationMs ?? atMs - startMs;
      post({ type: 'chunk-done', atMs, chunkId, steps: result.steps, encoded, ...validDuration(durationMs) });
    } catch (error) {
      const failure = hear(error, gpus, command.steps, since);
      const { steps: done, state, cause, detail } = failure;
      // A request that cannot even be encoded is no fault of those who share its chunk, and takes nothing from them.
      const isEncoding = blamed !== undefined;
      post({
        ...{ type: 'chunk-failed', atMs: clock.nowMs(), chunkId, cause, detail, encoded },
        steps: isEncoding ? 0 : done,
        state: isEncoding && requestIds.length > 1 ? 'intact' : state,
        ...((blamed ?? failure.blamed) === undefined
          ? {}
          : { blamed: blamed === undefined ? failure.blamed! : [blamed] }),
      });
    } finally {
      if (chunks.get(chunkId) === controller) chunks.delete(chunkId);
    }
  };

  const prepare = async (job: Job<Payload, Artifact>, gpu: number, signal: AbortSignal): Promise<void> => {
    const { id: requestId, shape, steps: all, startStep } = job.request;
    const { attempt } = job;
    job.progress.tell({ status: 'preparing', gpu });
    try {
      await backend.prepare({ requestId, shape, steps: all, startStep, payload: job.payload, gpu, signal });
    } catch (error) {
      // Whatever there is of it is of no use to the next try.
      if (job.attempt === attempt) reset(job);
      if (signal.aborted) return;
      throw error;
    }
    if (job.attempt === attempt) job.prepared = true;
  };

  const steps = async (
    command: RunCommand,
    members: readonly Job<Payload, Artifact>[],
    signal: AbortSignal,
    since: number,
  ): Promise<RunResult> => {
    const { requestIds, gpus, degree, fromSteps } = command;
    const attempts = members.map(({ attempt }) => attempt);
    let isOver = false;
    let told = -1;
    const tell = (done: number): void => {
      if (isOver || !(done > told) || done > command.steps) return;
      if (done > 0) connection.worked(since);
      told = done;
      members.forEach(({ progress, request, attempt }, index) => {
        // The chunk was given up: the request is somewhere else by now.
        if (attempt !== attempts[index]) return;
        const stepsDone = (fromSteps[index] as number) + done;
        progress.tell({ status: 'running', degree, gpus, stepsDone, steps: request.steps });
      });
    };
    tell(0);
    try {
      const result = await backend.run({
        members: requestIds.map((requestId, index) => ({ requestId, fromStep: fromSteps[index] as number })),
        ...{ steps: command.steps, gpus, signal, onStep: tell },
      });
      if (!Number.isSafeInteger(result.steps) || result.steps < 0 || result.steps > command.steps) {
        throw new Error(`the backend says that it completed ${String(result.steps)} of ${command.steps} steps`);
      }
      tell(result.steps);
      return result;
    } finally {
      isOver = true;
    }
  };

  const decode = async ({ requestId, gpu }: FinishCommand): Promise<void> => {
    const job = jobs.get(requestId) as Job<Payload, Artifact>;
    const { attempt } = job;
    const since = connection.losses;
    const controller = new AbortController();
    job.decoding = controller;
    job.progress.tell({ status: 'decoding', gpu });
    let event: SchedulerEvent;
    try {
      const value = await backend.finish({ requestId, gpu, signal: controller.signal });
      if (job.attempt !== attempt) {
        overAfterAll(gpu);
        return;
      }
      job.artifact = { value };
      event = { type: 'finished', atMs: clock.nowMs(), requestId };
    } catch (error) {
      const failure = hear(error, [gpu], 0, since);
      if (job.attempt !== attempt) {
        overAfterAll(gpu);
        return;
      }
      const { state, cause, detail } = failure;
      event = { type: 'finish-failed', atMs: clock.nowMs(), requestId, state, cause, detail };
    }
    job.decoding = null;
    post(event);
  };

  /** A decoding that counts no more: it was given up, and its GPU with it. */
  const overAfterAll = (gpu: number): void => {
    post({ type: 'decoding-over', atMs: clock.nowMs(), gpu });
  };

  const hear = (error: unknown, gpus: readonly number[], steps: number, since: number): CallFailure => {
    const failure = readFailure(error, gpus, steps, (gpu) => connection.wasLost(gpu, since));
    connection.hear(failure, since);
    return failure;
  };

  const reset = (job: Job<Payload, Artifact>): void => {
    job.attempt++;
    job.prepared = false;
    job.artifact = null;
    job.decoding = null;
    ask(() => backend.release(job.request.id)).catch((error: unknown) => {
      context.onError(error, 'release');
    });
  };

  return {
    run(command) {
      const controller = new AbortController();
      chunks.set(command.chunkId, controller);
      void execute(command, controller);
    },
    abort(chunkId) {
      chunks.get(chunkId)?.abort();
    },
    finish(command) {
      void decode(command);
    },
    abortFinish(job) {
      job?.decoding?.abort();
    },
    reset,
  };
}

/** A duration that can be learnt from. */
function validDuration(durationMs: unknown): { durationMs?: number } {
  return typeof durationMs === 'number' && Number.isFinite(durationMs) && durationMs > 0 ? { durationMs } : {};
}
