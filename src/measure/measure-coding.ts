import { median } from 'd3-array';
import { minSamples } from './samples.js';
import type { TimedCalls } from './timed-calls.js';

/** The median time of decoding a result, which has done all its steps, in ms. */
export function measureDecoding(calls: TimedCalls, requestId: string, gpu: number): Promise<number> {
  return medianOf(() => calls.finish(requestId, gpu));
}

/** The median time of preparing a request, in ms. Nothing of the requests is left in the end, also if it fails. */
export function measureEncoding(calls: TimedCalls, shape: string, gpu: number): Promise<number> {
  return medianOf(async () => {
    const id = calls.nextId();
    try {
      return await calls.prepare(id, shape, 1, gpu);
    } finally {
      await calls.release(id);
    }
  });
}

/** The median of some samples; one before them warms up. */
async function medianOf(sampleMs: () => Promise<number>): Promise<number> {
  await sampleMs();
  const samplesMs: number[] = [];
  while (samplesMs.length < minSamples) samplesMs.push(await sampleMs());
  return median(samplesMs)!;
}
