import type { FinishCall, PrepareCall, RunCall, RunResult } from '../contract/index.js';
import type { ExecutionModel } from './execution-model.js';
import type { PlannedFailure } from './planned-failure.js';
import type { FaultTarget, FinishFailure } from './waiting-faults.js';
import type { GpuConditions } from './gpu-conditions.js';
import type { Job } from './job.js';
import type { SimulatedArtifact } from './options.js';
import type { SimulatedState } from './simulated-state.js';

/** What `prepare` does. */
export function encodeJob({ gpu, signal }: PrepareCall, state: SimulatedState, failure?: FaultTarget): Job<void> {
  return {
    stage: 'encode',
    members: [state],
    gpus: [gpu],
    steps: 1,
    signal,
    pace: (nowMs) => ({ firstStepMs: nowMs, stepMs: state.times.encodeMs }),
    failure: failure && { afterSteps: 0, state: 'lost' },
    stalled: false,
    result: () => undefined,
  };
}

/** What `finish` does. */
export function decodeJob(
  { gpu, signal }: FinishCall,
  state: SimulatedState,
  failure?: FinishFailure,
): Job<SimulatedArtifact> {
  const { shape, steps, payload } = state;
  return {
    stage: 'decode',
    members: [state],
    gpus: [gpu],
    steps: 1,
    signal,
    pace: (nowMs) => ({ firstStepMs: nowMs, stepMs: state.times.decodeMs }),
    failure: failure && { afterSteps: 0, state: failure.state ?? 'intact' },
    stalled: false,
    result: () => ({ shape, steps, payload }),
  };
}

/** What makes a chunk special. */
export interface StepsContext {
  readonly model: ExecutionModel;
  readonly gpus: GpuConditions;
  readonly failure: PlannedFailure | undefined;
  readonly stalled: boolean;
}

/** What `run` does. */
export function stepsJob(
  { gpus: group, steps, signal, onStep }: RunCall,
  members: readonly SimulatedState[],
  { model, gpus: conditions, failure, stalled }: StepsContext,
): Job<RunResult> {
  // A copy: the call may take a while.
  const gpus = [...group];
  return {
    stage: 'denoise',
    members,
    gpus,
    steps,
    signal,
    pace(nowMs) {
      const requestIds = members.map(({ key }) => key);
      const { firstStepMs, stepMs } = model.run({ requestIds, encode: [], gpus, steps }, nowMs);
      const factor = Math.max(...gpus.map((gpu) => conditions.slow.get(gpu) ?? 1));
      return { firstStepMs: nowMs + factor * (firstStepMs - nowMs), stepMs: factor * stepMs };
    },
    onStep,
    failure,
    stalled,
    result: (stepsDone, durationMs) => ({ steps: stepsDone, durationMs }),
  };
}
