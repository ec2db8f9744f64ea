import fc from 'fast-check';
import { command, type Command } from './command.js';

const drain = fc.constant(null).map((args) =>
  command(
    'drain',
    args,
    (system, model) => {
      model.isDraining = true;
      void system.scheduler.drain();
    },
    ({ setup }) => setup.may.drain,
  ),
);

const crash = fc.boolean().map((dropsShape) => command('crash', { dropsShape }, (system) => system.crash(dropsShape)));

const restart = fc
  .boolean()
  .map((dropsShape) => command('restart', { dropsShape }, (system) => system.restart(dropsShape)));

export const endings: readonly fc.WeightedArbitrary<Command>[] = [{ weight: 1, arbitrary: drain }];

/** With a journal. */
export const rebirths: readonly fc.WeightedArbitrary<Command>[] = [
  { weight: 4, arbitrary: crash },
  { weight: 1, arbitrary: restart },
];
