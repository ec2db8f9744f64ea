import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createCudaBackend, type CudaArtifact, type CudaPayload } from '../../../src/backends/cuda/index.js';
import { backendConformance } from '../../../src/testing/backend-conformance/index.js';
import { device, mostWorkers } from '../../worker/device.js';
import { differenceOf } from './pictures.js';
import { createProcessPool } from './process-pool.js';

/** A model with random weights: what it computes is real, what it shows is nothing. */
const model = { adapter: 'tiny-flux', dtype: 'float32', options: { seed: 7 } } as const;

describe.skipIf(!inject('canRunWorkers'))(`the CUDA backend on workers (${device})`, { timeout: 120_000 }, () => {
  const pool = createProcessPool();
  beforeAll(() => pool.warmUp(5));
  afterAll(() => pool.dispose());

  describe.each([1, 2, 4].filter((count) => count <= mostWorkers()))('of which there are %i', (worldSize) => {
    const create = () =>
      createCudaBackend({
        ...{ model, device, worldSize, threads: 1, testing: true, maxBatchSize: 2 },
        ...{ launcher: pool.launcher, restartDelayMs: 1 },
      });

    backendConformance<CudaPayload, CudaArtifact>({
      test: it,
      factory() {
        pool.restoreAll();
        const backend = create();
        return {
          backend,
          held: () => backend.held(),
          loseGpu: (gpu) => pool.lose(gpu),
          restoreGpu: (gpu) => pool.restore(gpu),
        };
      },
      capabilities: create().capabilities,
      gpus: worldSize,
      shapes: ['64x64', '96x64'],
      degrees: [1, 2, 4].filter((degree) => degree <= worldSize),
      payload: (index) => ({ prompt: `picture ${index}`, seed: index }),
      poison: { prompt: 'poison', seed: 0, failAtStep: 2 },
      // Sums in another order differ in the last bits, and a colour may be rounded the other way.
      sameArtifact: (a, b) => differenceOf(a, b) <= 1,
      timeoutMs: 50_000,
    });

    it('leaves nothing with its workers', () => {
      expect(pool.leaks).toBe(0);
    });
  });
});
