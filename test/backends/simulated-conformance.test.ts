import { isDeepStrictEqual } from 'node:util';
import { describe, it } from 'vitest';
import { createSimulatedBackend } from '../../src/backends/simulated/index.js';
import { createCluster } from '../../src/model/index.js';
import type { Profile } from '../../src/profile/index.js';
import { createVirtualClock } from '../../src/simulation/index.js';
import { backendConformance } from '../../src/testing/backend-conformance/index.js';
import { profileOf, square } from '../simulation/worlds.js';

const batchStepMs = { 2: { 1: 3, 2: 2 }, 3: { 1: 4, 2: 3 } };
const costs = { encodeMs: 1, decodeMs: 1 };
const encoding = profileOf(square(64, { 1: 2, 2: 1 }, { ...costs, batchStepMs }), square(128, { 1: 3, 2: 2 }, costs));
const stepping = profileOf(square(64, { 1: 2, 2: 1 }, { batchStepMs }), square(128, { 1: 3, 2: 2 }));

describe.each([
  ['that encodes and decodes, on virtual time', encoding, it, true],
  ['that encodes and decodes, on the time of the system', encoding, it.concurrent, false],
  ['whose encoding and decoding take no time', stepping, it, true],
] as const)('a simulated backend %s', (_, profile: Profile, test, isVirtual) => {
  const create = () => {
    const clock = createVirtualClock();
    const backend = createSimulatedBackend({
      profile,
      cluster: createCluster(4),
      isPoisonous: (payload) => payload === 'poison',
      ...(isVirtual && { clock }),
    });
    const { faults, held } = backend;
    return {
      backend,
      held,
      loseGpu: (gpu: number) => faults.loseGpu(gpu),
      restoreGpu: (gpu: number) => faults.restoreGpu(gpu),
      loseBackend: () => faults.die(),
      ...(isVirtual && { advanceUntil: clock.advanceUntil }),
    };
  };

  backendConformance<unknown, unknown>({
    test,
    factory: create,
    capabilities: create().backend.capabilities,
    gpus: 4,
    shapes: ['64x64', '128x128'],
    degrees: [1, 2],
    payload: (index) => ({ seed: index }),
    poison: 'poison',
    sameArtifact: isDeepStrictEqual,
  });
});
