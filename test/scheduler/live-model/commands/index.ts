import fc from 'fast-check';
import type { Model } from '../model.js';
import type { TheSystem } from '../the-system.js';
import { ambushes } from './ambush.js';
import { cancels } from './cancel.js';
import type { Command } from './command.js';
import { faults } from './faults.js';
import { endings, rebirths } from './lives.js';
import { questions } from './questions.js';
import { submits } from './submit.js';
import { times } from './time.js';

/** Anything that can happen to a scheduler, in any order. */
export function commandsOf({ journal }: { readonly journal: boolean }): fc.Arbitrary<Iterable<Command>> {
  const all = [...submits, ...cancels, ...faults, ...times, ...questions, ...endings, ...ambushes];
  const any: fc.Arbitrary<Command> = fc.oneof(...all, ...(journal ? rebirths : []));
  return fc.commands<Model, TheSystem, false>([any], { maxCommands: 100, size: 'max' });
}
