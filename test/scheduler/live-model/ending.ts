import { createPolicy } from '../../../src/policies/index.js';
import { isServable } from '../../simulation/worlds.js';
import { checkAfterwards, checkAtRest, checkNow, throwViolations } from './laws.js';
import type { Model } from './model.js';
import type { TheSystem } from './the-system.js';

/** How long whoever is left may take when nothing is the matter any more. */
const patienceMs = 3 * 3_600_000;

/** Brings a run to its end, and checks what must hold then. */
export async function endRun(system: TheSystem): Promise<void> {
  const { model, violate } = system;
  checkNow(system);
  if (model.setup.ending === 'heal') {
    await heal(system);
    checkAtRest(system);
    throwViolations(system);
  }
  await system.close();
  const { id: shape } = model.profile.shapes[0]!;
  const late = system.submit({ id: 'late', shape, steps: 1, deadlineMs: system.nowMs + 1 });
  await system.settle();
  if (late.outcome?.status !== 'refused') violate('a request is taken after close');
  await system.scheduler.drain();
  checkAfterwards(system);
}

/** Mends everything, and lets time pass until whoever can be served has been. */
async function heal(system: TheSystem): Promise<void> {
  const { model, life, scheduler } = system;
  const untilMs = system.nowMs + patienceMs;
  for (let ms = 10; whoWaits(model).length > 0; ms = Math.min(60_000, 2 * ms)) {
    mend(system);
    await system.advance(ms);
    checkNow(system);
    if (system.nowMs < untilMs) continue;
    const status = JSON.stringify(scheduler.status());
    throw new Error(`${whoWaits(model).join()} wait for ever, ${life.counted.pending} calls are pending, ${status}`);
  }
  mend(system);
  await system.settle();
  // What was given up is still to end.
  const { gpus } = life.backend;
  const isBusy = (): boolean => [...gpus.domainOf.keys()].some((gpu) => gpus.isBusy(gpu));
  for (let turns = 0; isBusy() && turns < 100; turns++) await system.advance(1000);
}

function mend({ life: { inner, backend } }: TheSystem): void {
  for (const gpu of backend.gpus.domainOf.keys()) {
    inner.faults.restoreGpu(gpu);
    inner.faults.unstall(gpu);
    inner.faults.slowGpu(gpu, 1);
  }
}

/** Requests that are alive, and sooner or later have to be served by the policy, or because they starve. */
function whoWaits(model: Model): string[] {
  const { policy, options, world } = model.setup;
  const isPatient = options.starvationMs === Infinity;
  // Fixed groups have no use for GPUs that are under suspicion, and so used alone only.
  if (isPatient && /^fixed-[248]$/.test(policy)) return [];
  const served = isPatient ? createPolicy(policy) : { ...createPolicy(policy), name: 'any' };
  return [...model.alive.values()]
    .filter(
      ({ asked: { shape } }) =>
        // One of a shape that is unknown has failed, and is being written down.
        !model.serves(shape) || isServable(model.profile, world.cluster.gpus, served, shape),
    )
    .map(({ id }) => id);
}
