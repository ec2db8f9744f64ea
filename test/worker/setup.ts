import { spawnSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Whether there is a Python that can run workers. */
    canRunWorkers: boolean;
  }
}

/** Gets the Python of the workers ready. Without one, their tests are skipped, but never silently, and never in CI. */
export default function setUpWorkers(project: TestProject): void {
  const { status } = spawnSync(process.execPath, ['scripts/worker-setup.mjs'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0 && (status !== 3 || process.env['CI'] === 'true')) {
    throw new Error('the Python of the workers could not be set up, see above');
  }
  if (status !== 0)
    console.warn('\n!!! SKIPPED: every test of the PyTorch workers, for want of Python 3.10 or newer\n');
  project.provide('canRunWorkers', status === 0);
}
