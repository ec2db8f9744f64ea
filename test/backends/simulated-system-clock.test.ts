import { describe, expect, it } from 'vitest';
import { createSimulatedBackend } from '../../src/backends/simulated/index.js';
import { createCluster } from '../../src/model/index.js';
import { profileOf, square } from '../simulation/worlds.js';

const profile = profileOf(square(64, { 1: 8, 2: 5 }, { encodeMs: 3, decodeMs: 3 }));
const shape = '64x64';
const cluster = createCluster(2);
const { signal } = new AbortController();

describe('on the time of the system, which is the default', () => {
  it('a request takes the time that it should, and not much longer', async () => {
    const records: { readonly startMs: number; readonly endMs: number }[] = [];
    const backend = createSimulatedBackend({ profile, cluster, onChunk: (record) => records.push(record) });
    await backend.open(() => undefined);
    const startMs = performance.now();
    await backend.prepare({ requestId: 'a', shape, steps: 3, startStep: 0, payload: 'a', gpu: 0, signal });
    const told: number[] = [];
    const ran = await backend.run({
      members: [{ requestId: 'a', fromStep: 0 }],
      steps: 3,
      gpus: [0, 1],
      onStep: (done) => told.push(done),
      signal,
    });
    const artifact = await backend.finish({ requestId: 'a', gpu: 0, signal });
    const tookMs = performance.now() - startMs;
    expect(ran).toEqual({ steps: 3, durationMs: 15 });
    expect(told).toEqual([1, 2, 3]);
    expect(artifact).toEqual({ shape, steps: 3, payload: 'a' });
    expect(tookMs).toBeGreaterThanOrEqual(21);
    expect(tookMs).toBeLessThan(500);
    const leastMs = [3, 15, 3];
    records.forEach((record, index) => {
      // Times since 1970 have a resolution of a few ten-thousandths of a millisecond.
      expect(record.endMs - record.startMs).toBeGreaterThan(leastMs[index]! - 0.001);
      expect(Math.abs(record.endMs - Date.now())).toBeLessThan(60_000);
    });
    expect(records).toHaveLength(3);
    await backend.close();
  });

  it('an abort ends a chunk at its next step, and close ends everything at once', async () => {
    const backend = createSimulatedBackend({ profile, cluster });
    await backend.open(() => undefined);
    for (const requestId of ['a', 'b']) {
      await backend.prepare({ requestId, shape, steps: 1000, startStep: 0, payload: null, gpu: 0, signal });
    }
    const controller = new AbortController();
    const aborted = await backend.run({
      members: [{ requestId: 'a', fromStep: 0 }],
      steps: 1000,
      gpus: [0],
      onStep: (done) => done === 2 && controller.abort(),
      signal: controller.signal,
    });
    expect(aborted).toEqual({ steps: 2, durationMs: 16 });
    const ended = backend
      .run({ members: [{ requestId: 'b', fromStep: 0 }], steps: 1000, gpus: [1], signal })
      .catch((error: unknown) => error);
    await backend.close();
    expect(await ended).toMatchObject({ code: 'backend-closed', state: 'lost' });
    expect(backend.held()).toBe(0);
  });
});
