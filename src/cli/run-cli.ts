import { CommanderError } from 'commander';
import { TetriError } from '../model/index.js';
import type { CliIo } from './cli-io.js';
import { Failure } from './failure.js';
import { InputError } from './input-error.js';
import { createProgram } from './program.js';
import { tell } from './tell.js';

/**
 * Runs the command line.
 *
 * @param argv - the arguments, without the paths of Node and of the script
 * @returns the exit code: 0 if all went well; 2 for bad arguments or bad input; 1 for anything else, such as a run that
 * breaks a rule; 3 if `capacity` finds its target out of reach, which its output says; 130 if it was interrupted. With any other code but 0
 * one line or more on stderr say why.
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  let exitCode = 0;
  const program = createProgram(io, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error, io);
  }
}

/** Says in one line what went wrong, and returns the exit code. */
function report(error: unknown, io: CliIo): number {
  if (error instanceof CommanderError) {
    // `--help` and `--version` end this way as well.
    if (error.exitCode === 0) return 0;
    const isMissing = error.code === 'commander.help';
    tell(io, isMissing ? 'a command is missing; see tetri --help' : error.message.replace(/^error: /, ''));
    return 2;
  }
  if (error instanceof InputError || TetriError.isInstance(error)) {
    tell(io, error.message);
    return 2;
  }
  if (error instanceof Failure) {
    tell(io, error.message);
    return 1;
  }
  tell(io, `internal error: ${error instanceof Error ? error.message : String(error)}`);
  if (io.debug && error instanceof Error) io.stderr.write(`${error.stack ?? ''}\n`);
  return 1;
}
