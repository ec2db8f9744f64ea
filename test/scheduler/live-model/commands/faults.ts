import fc from 'fast-check';
import type { SimulatedFaults } from '../../../../src/backends/simulated/index.js';
import type { Model } from '../model.js';
import type { TheSystem } from '../the-system.js';
import { command, type Command } from './command.js';

const target = fc.option(fc.nat(20), { freq: 3 });
const gpu = fc.nat(20);

/** What a fault is for: a request that is alive, or the next call. */
function targetOf(model: Model, index: number | null): { readonly requestId?: string } {
  const client = index === null ? undefined : model.pickAlive(index);
  return client === undefined ? {} : { requestId: client.id };
}

function gpuOf(model: Model, index: number): number {
  const { gpus } = model.setup.world.cluster;
  return gpus[index % gpus.length]!.id;
}

function fault<Args>(
  name: string,
  args: fc.Arbitrary<Args>,
  act: (faults: SimulatedFaults, model: Model, args: Args, system: TheSystem) => void,
  check?: (model: Readonly<Model>) => boolean,
): fc.Arbitrary<Command> {
  return args.map((one) =>
    command(name, one, (system, model) => act(system.life.inner.faults, model, one, system), check),
  );
}

const failChunk = fault(
  'fail-chunk',
  fc.record({ target, afterSteps: fc.nat(3), state: fc.constantFrom('intact', 'lost'), blame: fc.boolean() }),
  (faults, model, { target: index, ...failure }) => faults.failNextChunk({ ...failure, ...targetOf(model, index) }),
);
const failPrepare = fault('fail-prepare', target, (faults, model, index) =>
  faults.failNextPrepare(targetOf(model, index)),
);
const failFinish = fault(
  'fail-finish',
  fc.record({ target, state: fc.constantFrom('intact', 'lost') }),
  (faults, model, { target: index, state }) => faults.failNextFinish({ state, ...targetOf(model, index) }),
);
const loseGpu = fault(
  'lose-gpu',
  fc.record({ gpu, state: fc.constantFrom('intact', 'lost') }),
  (faults, model, { gpu: index, state }) => faults.loseGpu(gpuOf(model, index), { state }),
);
const restoreGpu = fault('restore-gpu', gpu, (faults, model, index) => faults.restoreGpu(gpuOf(model, index)));
const stallChunk = fault('stall-chunk', target, (faults, model, index) => {
  model.isDistorted = true;
  faults.stallNextChunk(targetOf(model, index));
});
const stallGpu = fault('stall-gpu', gpu, (faults, model, index) => {
  model.isDistorted = true;
  faults.stall(gpuOf(model, index));
});
const unstallGpu = fault('unstall-gpu', gpu, (faults, model, index) => faults.unstall(gpuOf(model, index)));
const slowGpu = fault(
  'slow-gpu',
  fc.record({ gpu, factor: fc.constantFrom(0.5, 1, 1.6, 3, 20) }),
  (faults, model, { gpu: index, factor }) => {
    model.isDistorted = true;
    faults.slowGpu(gpuOf(model, index), factor);
  },
);
/** The backend dies, and cannot be opened again for so many tries. */
const die = fault(
  'die',
  fc.constantFrom(0, 0, 0, 0, 0, 1, 2, 4),
  (faults, model, times, system) => {
    model.hasDied = true;
    if (times > 0) model.mayFail.opens = true;
    system.life.backend.failOpens(times);
    faults.die();
  },
  ({ setup }) => setup.may.die,
);
const failJournal = fault('fail-journal', fc.constantFrom('submit', 'start', 'settle'), (_, model, type, system) => {
  if (system.life.journal === undefined) return;
  model.mayFail.journal = true;
  system.life.journal.failNext(type);
});

export const faults: readonly fc.WeightedArbitrary<Command>[] = [
  { weight: 4, arbitrary: failChunk },
  { weight: 2, arbitrary: failPrepare },
  { weight: 2, arbitrary: failFinish },
  { weight: 3, arbitrary: loseGpu },
  { weight: 3, arbitrary: restoreGpu },
  { weight: 2, arbitrary: stallChunk },
  { weight: 1, arbitrary: stallGpu },
  { weight: 2, arbitrary: unstallGpu },
  { weight: 2, arbitrary: slowGpu },
  { weight: 1, arbitrary: die },
  { weight: 1, arbitrary: failJournal },
];
