import type { Fault } from './faults.js';

/** What to generate: a number. A negative one fails at its second step, each time. */
export type Payload = number;

/** A request, and its latent: a number that no step leaves as it was. */
export interface Denoised {
  readonly shape: string;
  readonly steps: number;
  readonly payload: Payload;
  stepsDone: number;
  latent: number;
  lastGpus: readonly number[] | undefined;
}

/** A request whose latent is drawn. */
export function draw(payload: Payload, shape: string, steps: number, startStep: number): Denoised {
  return { shape, steps, payload, stepsDone: startStep, latent: mix(payload, startStep), lastGpus: undefined };
}

/** Whether the next step goes wrong. */
export function isFailing({ payload, stepsDone }: Denoised): boolean {
  return payload < 0 && stepsDone > 0;
}

/** One step of one member of a batch in a chunk of so many steps. */
export function denoise(
  member: Denoised,
  batch: readonly Denoised[],
  gpus: readonly number[],
  chunkSteps: number,
  fault: Fault | undefined,
): void {
  const { lastGpus = gpus } = member;
  const isWrong: Partial<Record<Fault, boolean>> = {
    'chunks-matter': chunkSteps === 1 && member.stepsDone > 0,
    'degree-matters': gpus.length > 1,
    'change-of-degree-matters': gpus.length !== lastGpus.length,
    'gpu-matters': Math.min(...gpus) > 0,
    'order-of-gpus-matters': gpus[0]! > gpus.at(-1)!,
    'second-shape-cannot-move': member.shape !== '256x256' && gpus.join() !== lastGpus.join(),
    'full-batch-matters': batch.length === 3,
    'wide-batch-matters': batch.length > 1 && gpus.length > 1,
  };
  const step = fault === 'batch-takes-step-of-first' ? batch[0]!.stepsDone : member.stepsDone;
  member.latent = mix(member.latent, fault !== undefined && isWrong[fault] === true ? step + 1000 : step);
  member.lastGpus = gpus;
}

/** No step of a denoiser that anybody would want, but one that forgets nothing. */
function mix(latent: number, step: number): number {
  return Math.imul(latent ^ (step + 0x9e3779b9), 0x85ebca6b) ^ (latent >>> 13);
}
