import type { RunResult } from '../../backends/index.js';
import { letTimePass } from './artifacts.js';
import { groups } from './groups.js';
import { type DrivenRequest, prepared } from './requests.js';
import type { Trial } from './trial.js';

/** A long chunk in the midst of its steps. */
export interface ChunkUnderWay {
  /** Its answer, which nobody has waited for yet. */
  readonly answer: Promise<RunResult>;
  /** The steps that it was asked for. */
  readonly steps: number;
  /** The steps that it has told of. */
  told(): number;
  /** Whether it has answered, or told of its last step. */
  isOver(): boolean;
  abort(): void;
}

/** The steps of a long chunk. */
export function longSteps({ declared }: Trial): number {
  return declared.longSteps ?? 40;
}

/** A request that is ready for a long chunk. */
export function prepareLong(trial: Trial, id: string, index = 0): Promise<DrivenRequest> {
  return prepared(trial, id, { index, steps: longSteps(trial) });
}

/**
 * Starts a long chunk and comes back when it is under way. That is seen by its first step; of a backend that does not report steps,
 * by a short chunk on other GPUs that has passed meanwhile; and without other GPUs, hoped.
 */
export async function underWay(
  trial: Trial,
  request: DrivenRequest,
  gpus: readonly number[],
  mates: readonly DrivenRequest[] = [],
): Promise<ChunkUnderWay> {
  const controller = new AbortController();
  const steps = longSteps(trial);
  let told = 0;
  let isOver = false;
  const onStep = (stepsDone: number): void => void (told = stepsDone);
  const answer = request.run(steps, { gpus, mates, signal: controller.signal, onStep });
  const over = (): void => {
    isOver = true;
    trial.noticed();
  };
  answer.then(over, over);
  if (trial.declared.capabilities.reportsSteps) {
    await trial.until('the first step of a chunk', () => told > 0 || isOver);
  } else {
    const other = groups(trial).find((one) => !one.some((gpu) => gpus.includes(gpu)));
    if (other !== undefined) await letTimePass(trial, other);
  }
  return { answer, steps, told: () => told, isOver: () => isOver || told === steps, abort: () => controller.abort() };
}
