import { TetriError } from '../model/index.js';

/** Something that the user has to change: arguments, files or standard input. Exit code 2. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/**
 * What `parse` returns; what it finds wrong with its input becomes an {@link InputError}.
 *
 * @param source - where the input came from, such as the name of a file
 */
export function parseInput<T>(source: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!TetriError.isInstance(error)) throw error;
    throw new InputError(`${source}: ${error.message}`, { cause: error });
  }
}
