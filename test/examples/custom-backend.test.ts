import { describe, test } from 'vitest';
import { createLaneBackend } from '../../examples/custom-backend.js';
import { backendConformance } from '../../src/testing/index.js';

describe('the backend of examples/custom-backend.ts', () => {
  backendConformance({
    test,
    factory: () => createLaneBackend(4),
    capabilities: {
      maxBatchSize: 4,
      reportsSteps: true,
      abortsChunks: true,
      keepsStateOnFailure: true,
      losesGpus: false,
      reopens: false,
    },
    gpus: 4,
    shapes: ['256x256', '512x512'],
    degrees: [1, 2, 3, 4],
    longSteps: 16,
    payload: (seed) => ({ seed, brightness: 1 }),
    poison: { seed: 0, brightness: NaN },
    sameArtifact: (a, b) => a.every((value, at) => Object.is(value, b[at])),
  });
});
