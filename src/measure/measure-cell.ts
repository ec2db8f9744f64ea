import { measureDecoding } from './measure-coding.js';
import type { CompleteMeasurePlan } from './plan.js';
import { minSamples, splitSteps } from './samples.js';
import type { ChunkTime } from './step-times.js';
import type { TimedCalls } from './timed-calls.js';
import type { CellWork } from './work.js';

/** What is measured in one go: a shape at a degree, alone or as a batch. */
export interface Cell {
  readonly shape: string;
  readonly degree: number;
  readonly batchSize: number;
  /** As many as the degree. */
  readonly gpus: readonly [number, ...number[]];
}

/** How long things took. */
export interface CellTimes {
  /** Those that were timed; at least one. */
  readonly chunks: readonly ChunkTime[];
  /** Decoding one of the results, in ms; `undefined` if that was not asked for. */
  readonly decodeMs: number | undefined;
}

/**
 * Times the steps of a cell, and decoding if that is asked for. Nothing of its requests is left in the end, also if it fails.
 *
 * @throws `BackendError` if a call fails, or was stopped
 */
export async function measureCell(
  calls: TimedCalls,
  { shape, gpus, batchSize }: Cell,
  { steps, warmupSteps }: Pick<CompleteMeasurePlan, 'steps' | 'warmupSteps'>,
  work: CellWork,
  decodes: boolean,
): Promise<CellTimes> {
  const ids = Array.from({ length: batchSize }, () => calls.nextId());
  let at = 0;
  const runAll = async (lengths: readonly number[]): Promise<readonly ChunkTime[]> => {
    const chunks: ChunkTime[] = [];
    for (const length of lengths) {
      chunks.push(await calls.run(ids, at, length, gpus));
      at += length;
      work.steps(length);
    }
    return chunks;
  };

  try {
    for (const id of ids) await calls.prepare(id, shape, warmupSteps + steps, gpus[0]);
    await runAll(splitSteps(warmupSteps, 1));
    const chunks = await runAll(splitSteps(steps, minSamples));
    // A real result: noise may take longer to be packed into a file than a picture does.
    return { chunks, decodeMs: decodes ? await measureDecoding(calls, ids[0]!, gpus[0]) : undefined };
  } finally {
    for (const id of ids) await calls.release(id);
  }
}
