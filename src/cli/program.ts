import { Command } from 'commander';
import type { CliIo } from './cli-io.js';
import { addCapacityCommand } from './commands/capacity.js';
import { addEvaluateCommand } from './commands/evaluate.js';
import { addPlanCommand } from './commands/plan.js';
import { addProfileCommand } from './commands/profile.js';
import { addProfilesCommand } from './commands/profiles.js';
import { addSimulateCommand } from './commands/simulate.js';
import { readVersion } from './version.js';

const help = `
To begin with:
  $ tetri simulate                                       one policy on a workload
  $ tetri simulate --policy all --workload skewed        all of them side by side
  $ tetri capacity --rate 40                             how many GPUs do I need?
  $ tetri help simulate                                  what there is to choose

Exit codes: 0 done; 1 a run or plan breaks a rule, or something failed; 2 bad
arguments or input; 3 no policy reaches the target of capacity; 130 interrupted.`;

/**
 * The command line, ready to parse. It never ends the process, and leaves errors to the caller.
 *
 * @param exit - told the exit code of a command that ran to its end
 */
export function createProgram(io: CliIo, exit: (code: number) => void): Command {
  const program = new Command('tetri')
    .description(
      'Deadline-aware scheduling for serving Diffusion Transformers: simulate it, find out how many GPUs you need, compare policies, plan one round, or measure a model.',
    )
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: () => undefined })
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', help);
  addSimulateCommand(program, io, exit);
  addCapacityCommand(program, io, exit);
  addEvaluateCommand(program, io, exit);
  addPlanCommand(program, io, exit);
  addProfileCommand(program, io, exit);
  addProfilesCommand(program, io);
  return program;
}
