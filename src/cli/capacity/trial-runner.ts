import { Tinypool } from 'tinypool';
import type { Profile } from '../../profile/index.js';
import { Failure } from '../failure.js';
import { workerUrl } from '../worker-url.js';
import { runTrial, type Trial, type TrialResult } from './trial.js';

/** Runs trials, several at a time or one after the other. */
export interface TrialRunner {
  run(trial: Trial): Promise<TrialResult>;
  /** Ends the threads, if there are any; what is left to run is given up. */
  close(): Promise<void>;
}

/**
 * Runs trials in worker threads; a single one at a time needs none.
 *
 * @param jobs - threads, at least 1
 * @param profileText - the table of the profile, as JSON text
 */
export async function createTrialRunner(jobs: number, profile: Profile, profileText: string): Promise<TrialRunner> {
  if (jobs === 1) return createInlineRunner(profile);
  const filename = workerUrl('capacity');
  // A pool whose threads cannot load their module would never answer. This throws.
  await import(filename);
  const pool = new Tinypool({
    filename,
    ...{ minThreads: 1, maxThreads: jobs, isolateWorkers: false, concurrentTasksPerWorker: 1 },
  });
  return {
    async run(trial) {
      try {
        return (await pool.run({ ...trial, profileText })) as TrialResult;
      } catch (error) {
        // Classes do not survive the way from another thread.
        throw new Failure(error instanceof Error ? error.message : String(error), { cause: error });
      }
    },
    close: () => pool.destroy(),
  };
}

function createInlineRunner(profile: Profile): TrialRunner {
  let isClosed = false;
  return {
    async run(trial) {
      // Later, so that a bar can be drawn between two of them.
      await new Promise((resolve) => setImmediate(resolve));
      // One search has failed, and nobody waits for the others any more.
      if (isClosed) throw new Failure('the search has ended');
      return runTrial(trial, profile);
    },
    close() {
      isClosed = true;
      return Promise.resolve();
    },
  };
}
