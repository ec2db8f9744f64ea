import type { BackendError, RunResult } from '../../backends/index.js';
import { demand } from './expectations.js';
import { first, group } from './groups.js';
import { watchSteps } from './steps-told.js';
import type { Trial } from './trial.js';
import { handled } from './waits.js';

/** What a request is. */
export interface RequestOptions {
  /** Which payload. Default 0. */
  readonly index?: number;
  /** Default 4. */
  readonly steps?: number;
  /** Default 0. */
  readonly startStep?: number;
  /** Default: the first one. */
  readonly shape?: string;
  /** Default: that of the index. */
  readonly payload?: unknown;
}

/** Where and how a call is made. */
export interface CallOptions {
  /** Default: the first group of the smallest degree. */
  readonly gpus?: readonly number[];
  /** Default: one that is never aborted. */
  readonly signal?: AbortSignal;
}

export interface RunOptions extends CallOptions {
  /** The other members of the batch. */
  readonly mates?: readonly DrivenRequest[];
  readonly onStep?: (stepsDone: number) => void;
}

/** A request, and where it is. */
export interface DrivenRequest {
  readonly id: string;
  readonly options: Required<RequestOptions>;
  stepsDone: number;
  isReleased: boolean;
  prepare(options?: CallOptions): Promise<void>;
  /** Runs steps from where the request is. Checks the number that came back, and what was told of steps. */
  run(steps: number, options?: RunOptions): Promise<RunResult>;
  finish(options?: CallOptions): Promise<unknown>;
  release(): Promise<void>;
}

/** A request that the backend does not know yet. */
export function createRequest(trial: Trial, id: string, options: RequestOptions = {}): DrivenRequest {
  const { backend, declared } = trial;
  const { index = 0, steps: allSteps = 4, startStep = 0, shape = declared.shapes[0]! } = options;
  const { payload = declared.payload(index) } = options;
  const request: DrivenRequest = {
    id,
    options: { index, steps: allSteps, startStep, shape, payload },
    stepsDone: startStep,
    isReleased: false,
    prepare({ gpus = group(trial), signal = never() } = {}) {
      const call = { requestId: id, shape, steps: allSteps, startStep, payload, gpu: first(gpus), signal };
      request.stepsDone = startStep;
      request.isReleased = false;
      return trial.call(`prepare() of "${id}" on GPU ${first(gpus)}`, () => backend.prepare(call));
    },
    run(steps, { gpus = group(trial), signal = never(), mates = [], onStep } = {}) {
      const members = [request, ...mates];
      const what = `run() of ${steps} steps of ${members.map(nameWithStep).join(' and ')} on GPUs ${gpus.join()}`;
      const told = watchSteps(trial, what, steps, onStep);
      const call = {
        members: members.map(({ id: requestId, stepsDone: fromStep }) => ({ requestId, fromStep })),
        ...{ steps, gpus, signal, onStep: told.onStep },
      };
      const answer = trial.call(what, () => backend.run(call)).finally(told.end);
      const checked = answer.then((result) => {
        const mayStop = signal.aborted || trial.isClosing() || members.some(({ isReleased }) => isReleased);
        checkResult(result, steps, mayStop, what);
        told.checkCount(result.steps);
        for (const member of members) member.stepsDone += result.steps;
        return result;
      });
      return handled(checked);
    },
    finish({ gpus = group(trial), signal = never() } = {}) {
      const call = { requestId: id, gpu: first(gpus), signal };
      return trial.call(`finish() of "${id}" on GPU ${first(gpus)}`, () => backend.finish(call));
    },
    release() {
      request.isReleased = true;
      return trial.call(`release() of "${id}"`, () => backend.release(id));
    },
  };
  return request;
}

/** A request that is prepared. */
export async function prepared(
  trial: Trial,
  id: string,
  { gpus, ...options }: RequestOptions & { readonly gpus?: readonly number[] } = {},
): Promise<DrivenRequest> {
  const request = createRequest(trial, id, options);
  await request.prepare(gpus === undefined ? {} : { gpus });
  return request;
}

/** Gets a request ready to go on after a failure, in the way that the error says. */
export async function recover(request: DrivenRequest, error: BackendError, where: CallOptions = {}): Promise<void> {
  if (error.state === 'intact') {
    request.stepsDone += error.steps;
    return;
  }
  await request.release();
  await request.prepare(where);
}

function never(): AbortSignal {
  return new AbortController().signal;
}

function nameWithStep({ id, stepsDone }: DrivenRequest): string {
  return `"${id}" from step ${stepsDone}`;
}

function checkResult({ steps, durationMs }: RunResult, asked: number, mayStop: boolean, what: string): void {
  demand(
    Number.isSafeInteger(steps) && steps >= 0 && steps <= asked,
    `${what} resolved with ${steps} steps: it has to be a whole number from 0 to ${asked}`,
  );
  demand(
    steps === asked || mayStop,
    `${what} resolved with ${steps} steps: without an abort it has to do all of them, or to reject`,
  );
  demand(
    durationMs === undefined || (Number.isFinite(durationMs) && durationMs >= 0),
    `${what} resolved with a durationMs of ${durationMs}: it has to be a finite number of at least 0, or undefined`,
  );
}
