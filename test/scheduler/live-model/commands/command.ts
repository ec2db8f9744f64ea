import type fc from 'fast-check';
import { checkNow } from '../laws.js';
import type { Model } from '../model.js';
import type { TheSystem } from '../the-system.js';

/** What all commands have in common: a name and arguments that can be read, and something to do. */
export type Command = fc.AsyncCommand<Model, TheSystem>;

/**
 * @param name - what it is called in a counterexample
 * @param args - plain data
 * @param act - does it; what is expected of the system in every case is checked elsewhere, after each command
 */
export function command<Args>(
  name: string,
  args: Args,
  act: (system: TheSystem, model: Model, args: Args) => void | Promise<void>,
  check: (model: Readonly<Model>) => boolean = () => true,
): Command {
  return {
    check,
    async run(model, system) {
      await act(system, model, args);
      await system.settle();
      checkNow(system);
    },
    toString: () => `${name}(${JSON.stringify(args)})`,
  };
}
