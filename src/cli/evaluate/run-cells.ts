import { Tinypool } from 'tinypool';
import { isTimed, type CellResult } from '../../simulation/evaluation/index.js';
import type { OwnCode } from './own-code.js';
import type { Task } from './worker.js';

/** How cells are run. */
export interface RunCellsOptions {
  readonly code: OwnCode;
  /** Worker threads, at least 1. */
  readonly jobs: number;
  /** Stops it: what is under way is given up. */
  readonly signal: AbortSignal;
}

/**
 * Runs all tasks in worker threads; those that are timed alone, one after the other, when all others have ended.
 *
 * @param onResult - told the result of each as it comes; not called any more once the signal is given
 */
export async function runCells<T extends Task>(
  tasks: readonly T[],
  { code, jobs, signal }: RunCellsOptions,
  onResult: (task: T, result: CellResult) => void,
): Promise<void> {
  // A pool whose threads cannot load their module would never answer. This throws.
  await import(code.workerUrl);
  for (const [threads, isWanted] of [
    [jobs, false],
    [1, true],
  ] as const) {
    const batch = tasks.filter(({ cell }) => isTimed(cell) === isWanted);
    if (batch.length > 0 && !signal.aborted) await runBatch(batch, Math.min(threads, batch.length));
  }

  async function runBatch(batch: readonly T[], threads: number): Promise<void> {
    const pool = new Tinypool({
      filename: code.workerUrl,
      ...{ minThreads: threads, maxThreads: threads, isolateWorkers: false, concurrentTasksPerWorker: 1 },
    });
    const destroy = (): void => void pool.destroy();
    signal.addEventListener('abort', destroy, { once: true });
    try {
      await Promise.all(
        batch.map(async (task) => {
          // Code that ran little is slow: what is timed has run once before.
          if (isTimed(task.cell))
            await pool.run({ cell: task.cell, profileText: task.profileText }).catch(() => undefined);
          const work = pool.run({ cell: task.cell, profileText: task.profileText }) as Promise<CellResult>;
          const result = await work.catch(
            // Such as a thread that ran out of memory.
            (error: unknown): CellResult => ({ kind: 'failed', message: (error as Error).message }),
          );
          if (!signal.aborted) onResult(task, result);
        }),
      );
    } finally {
      signal.removeEventListener('abort', destroy);
      await pool.destroy();
    }
  }
}
