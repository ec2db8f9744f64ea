import fc from 'fast-check';
import { checkStatus } from '../laws.js';
import { command, type Command } from './command.js';
import { drafts, requestOf } from './submit.js';

const status = fc.constant(null).map((args) => command('status', args, (system) => checkStatus(system)));

const quote = drafts.map((draft) =>
  command('quote', draft, (system, model) => {
    system.scheduler.quote(requestOf(model, system.nowMs, draft));
  }),
);

export const questions: readonly fc.WeightedArbitrary<Command>[] = [
  { weight: 2, arbitrary: status },
  { weight: 1, arbitrary: quote },
];
