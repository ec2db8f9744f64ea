import type { Command } from 'commander';
import { builtinProfile, builtinProfileNames } from '../../profile/index.js';
import type { CliIo } from '../cli-io.js';
import { formatTable } from '../table.js';

/** `tetri profiles`: what `--profile` can name. */
export function addProfilesCommand(program: Command, io: CliIo): void {
  program
    .command('profiles')
    .description('List the built-in step-time profiles, which --profile can name.')
    .action(() => {
      const rows = builtinProfileNames.map((name) => {
        const { accelerator, source, degrees, shapes } = builtinProfile(name);
        return [name, accelerator, source.kind, degrees.join(' '), wrap(shapes.map(({ id }) => id))];
      });
      io.stdout.write(formatTable(['name', 'accelerator', 'step times', 'degrees', 'shapes'], rows, false));
    });
}

/** Four words a line. */
function wrap(words: readonly string[]): string {
  return words.map((word, index) => (index === 0 ? word : `${index % 4 === 0 ? '\n' : ' '}${word}`)).join('');
}
