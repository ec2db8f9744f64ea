/** Measures a backend of somebody's own. */
import { createCluster, builtinProfile, parseProfile } from '@tetri/scheduler';
import { createSimulatedBackend } from '@tetri/scheduler/backends/simulated';
import { measureProfile, type MeasurePlan } from '@tetri/scheduler/measure';
import { expect } from './expect.js';

const backend = createSimulatedBackend({ profile: builtinProfile('flux.1-dev_h100'), cluster: createCluster(1) });
const { cluster } = await backend.open(() => undefined);
const plan: MeasurePlan = { model: 'mine', accelerator: 'mine', shapes: ['256x256'], degrees: [1], steps: 2 };
const measured = await measureProfile(backend, cluster, plan, {
  clock: { nowMs: () => Date.now() },
  payload: () => undefined,
});
await backend.close();
expect(parseProfile(measured).model === 'mine', 'a profile that can be read');
