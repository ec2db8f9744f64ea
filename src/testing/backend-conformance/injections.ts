import type { BackendEvent } from '../../backends/index.js';
import { demand } from './expectations.js';
import type { Trial } from './trial.js';

/** Takes a GPU away, or gives it back; what the backend says to that is left to the case. */
export async function inject(trial: Trial, method: 'loseGpu' | 'restoreGpu', gpu: number): Promise<void> {
  const { harness } = trial;
  demand(
    harness[method] !== undefined,
    `losesGpus is declared, so the harness needs ${method}(): without it nobody can see whether that is true`,
  );
  await trial.call(`${method}(${gpu})`, () => harness[method]?.(gpu));
}

/** Takes a GPU away and waits till the backend tells. */
export async function lose(trial: Trial, gpu: number): Promise<void> {
  const before = told(trial, 'gpu-lost', gpu);
  await inject(trial, 'loseGpu', gpu);
  await trial.until(`the event gpu-lost of GPU ${gpu}`, () => told(trial, 'gpu-lost', gpu) > before);
}

/** Gives a GPU back and waits till the backend tells. */
export async function restore(trial: Trial, gpu: number): Promise<void> {
  const before = told(trial, 'gpu-back', gpu);
  await inject(trial, 'restoreGpu', gpu);
  await trial.until(`the event gpu-back of GPU ${gpu}`, () => told(trial, 'gpu-back', gpu) > before);
}

/** How often the backend told that of the GPU. */
export function told({ events }: Trial, type: BackendEvent['type'], gpu: number): number {
  return events.filter((event) => event.type === type && event.type !== 'lost' && event.gpu === gpu).length;
}

/** Takes the whole backend away and waits till it tells. */
export async function loseBackend(trial: Trial): Promise<void> {
  const { harness, events } = trial;
  demand(
    harness.loseBackend !== undefined,
    'it is said that the backend can be lost (canBeLost, or the capability reopens), so the harness needs loseBackend()',
  );
  const before = events.length;
  await trial.call('loseBackend()', () => harness.loseBackend?.());
  await trial.until('the event lost', () => events.slice(before).some(({ type }) => type === 'lost'));
}
