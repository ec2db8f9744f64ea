import fc from 'fast-check';
import type { Moment } from '../observer/ambushes.js';
import type { Model } from '../model.js';
import type { TheSystem } from '../the-system.js';
import { cancel } from './cancel.js';
import { command, type Command } from './command.js';
import { drafts, submitDraft } from './submit.js';

const moments: fc.Arbitrary<Moment> = fc.oneof(
  fc.record({ call: fc.constantFrom('prepare', 'run', 'finish', 'release'), when: fc.constantFrom('before', 'after') }),
  fc.constant<Moment>({ call: 'step', when: 'after' }),
);

type Act = (system: TheSystem, model: Model, target: number) => void;

const acts: Readonly<Record<string, Act>> = {
  'cancel one': (_, model, target) => cancel(model.pickAlive(target)),
  'cancel two': (_, model, target) => [target, target + 1].forEach((each) => cancel(model.pickAlive(each))),
  'cancel one and ask for the status': (system, model, target) => {
    cancel(model.pickAlive(target));
    system.scheduler.status();
  },
  'lose a GPU': ({ life }, model, target) => {
    const { gpus } = model.setup.world.cluster;
    life.inner.faults.loseGpu(gpus[target % gpus.length]!.id);
  },
  die: ({ life }, model) => {
    if (!model.setup.may.die) return;
    model.hasDied = true;
    life.inner.faults.die();
  },
  'ask for the status': (system) => void system.scheduler.status(),
};

/** Something happens inside a call of the backend, where nobody expects it. */
const ambush = fc
  .record({ moment: moments, act: fc.constantFrom(...Object.keys(acts)), target: fc.nat(20) })
  .map((args) =>
    command('ambush', args, (system, model) => {
      const { life } = system;
      life.backend.ambushes.lay(args.moment, () => {
        if (!life.isOver) acts[args.act]!(system, model, args.target);
      });
    }),
  );

const ambushBySubmit = fc.record({ moment: moments, draft: drafts }).map((args) =>
  command('ambush-by-submit', args, (system, model) => {
    const { life } = system;
    life.backend.ambushes.lay(args.moment, () => {
      if (!life.isOver) submitDraft(system, model, args.draft);
    });
  }),
);

export const ambushes: readonly fc.WeightedArbitrary<Command>[] = [
  { weight: 6, arbitrary: ambush },
  { weight: 1, arbitrary: ambushBySubmit },
];
