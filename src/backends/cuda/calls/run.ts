import { BackendError, type RunCall, type RunResult } from '../../contract/index.js';
import type { CudaState } from '../cuda-state.js';
import type { Answer, Worker } from '../workers/worker.js';
import { WorkerCallError, WorkerLostError } from '../workers/worker-errors.js';
import type { CallContext } from './call-context.js';
import { handOver, takeOver } from './hand-over.js';
import { workError } from './work-error.js';

/**
 * Runs steps on a group of workers: each gets what it lacks, all run the same steps, and each holds the whole result in the end. If one
 * fails, the group is dropped, so that the others do not wait for it.
 */
export async function runSteps(
  context: CallContext,
  { steps, gpus, onStep }: Pick<RunCall, 'steps' | 'gpus' | 'onStep'>,
  members: readonly CudaState[],
  stop: AbortSignal,
): Promise<RunResult> {
  const { groups } = context;
  const ranks = [...gpus].sort((a, b) => a - b);
  const workers = ranks.map((rank) => workerOf(context, rank));
  for (const worker of workers) for (const member of members) handOver(member, worker);
  for (const member of members) member.arrived = null;

  const group = groups.nameOf(ranks);
  groups.hold(group);
  const named = members.map(({ key, stepsDone }) => ({ key, fromStep: stepsDone }));
  const calls = workers.map((worker, index) =>
    worker.call({ type: 'run', group, members: named, steps }, index === 0 ? onStep : undefined),
  );
  const abortAll = (): void => {
    for (const call of calls) call.abort();
  };
  stop.addEventListener('abort', abortAll, { once: true });
  // What the first failure was: those after it follow from it.
  let cause: unknown;
  const answers = calls.map(({ answer }, index) =>
    answer.catch((error: unknown) => {
      if (cause === undefined || isConsequence(cause)) cause = error;
      groups.drop(group);
      workers.forEach((worker, other) => {
        if (other !== index) worker.notify({ type: 'drop', groupId: group.id });
      });
      return undefined;
    }),
  );
  try {
    const all = await answersOf(answers, workers, context.groupTimeoutMs);
    const failure = failureOf(cause, workers);
    if (failure !== undefined) throw workError(failure, members);
    return book(all as readonly Answer[], workers, members, steps);
  } catch (error) {
    // Some may have completed what others have not: all are given what the state is now.
    for (const worker of workers) for (const { key } of members) noteLatents(worker, key, null);
    throw error;
  } finally {
    stop.removeEventListener('abort', abortAll);
    groups.letGo(group);
  }
}

/** Where a worker is lost, that is what was wrong, whoever noticed first. */
function failureOf(cause: unknown, workers: readonly Worker[]): unknown {
  if (cause === undefined) return undefined;
  const lost = workers.find(({ isLost }) => isLost);
  if (lost === undefined || cause instanceof WorkerLostError) return cause;
  return isConsequence(cause) ? new WorkerLostError(lost.rank, 'it was lost in the middle of a chunk') : cause;
}

function isConsequence(error: unknown): boolean {
  return error instanceof WorkerCallError && error.code === 'group-failed';
}

/** All answers. Once one has failed, the others have a limited time: who does not answer then never will. */
async function answersOf(
  answers: readonly Promise<Answer | undefined>[],
  workers: readonly Worker[],
  timeoutMs: number,
): Promise<readonly (Answer | undefined)[]> {
  const isAnswered = workers.map(() => false);
  let timer: NodeJS.Timeout | undefined;
  const watched = answers.map(async (answer, index) => {
    const value = await answer;
    isAnswered[index] = true;
    if (value === undefined) {
      timer ??= setTimeout(() => {
        workers.forEach((worker, other) => {
          if (isAnswered[other] === false) worker.lose(`it did not let go of a broken group within ${timeoutMs} ms`);
        });
      }, timeoutMs);
    }
    return value;
  });
  try {
    return await Promise.all(watched);
  } finally {
    clearTimeout(timer);
  }
}

/** Takes note of the steps that were completed. */
function book(
  answers: readonly Answer[],
  workers: readonly Worker[],
  members: readonly CudaState[],
  asked: number,
): RunResult {
  const told = answers.map(({ message }) => message['steps']);
  const steps = told[0];
  if (!isCountUpTo(asked, steps) || told.some((other) => other !== steps)) {
    const detail = `the workers do not agree on the steps that they completed: ${told.join()}`;
    throw new BackendError('chunk-failed', detail, { state: 'intact' });
  }
  if (steps === 0) return { steps };
  takeOver(members, steps);
  for (const worker of workers) for (const { key, stepsDone } of members) noteLatents(worker, key, stepsDone);
  const durationMs = answers[0]?.message['durationMs'];
  return { steps, ...(typeof durationMs === 'number' && { durationMs }) };
}

/** Takes note of the step at which a worker holds the latents of a state; `null`: nobody knows. */
function noteLatents({ holdings }: Worker, key: string, step: number | null): void {
  const has = holdings.get(key);
  if (has !== undefined) has.latentsStep = step;
}

function isCountUpTo(most: number, value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

function workerOf({ pool }: CallContext, rank: number): Worker {
  const worker = pool.at(rank);
  if (worker !== undefined) return worker;
  throw new BackendError('gpu-lost', `GPU ${rank} is lost`, { state: 'intact', gpus: [rank] });
}
