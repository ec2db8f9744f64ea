import { TetriError } from '../../model/index.js';

/**
 * An error of a journal.
 *
 * @param path - the file, and the line where there is one: `/var/lib/tetri.journal:3`
 * @param cause - the error behind it
 */
export function journalError(
  code: 'journal-corrupt' | 'journal-failed' | 'journal-locked',
  message: string,
  path: string,
  cause?: unknown,
): TetriError {
  const error = new TetriError(code, message, path);
  // Like the `cause` of a built-in error: not enumerable, and absent where there is none.
  if (cause !== undefined) Object.defineProperty(error, 'cause', { value: cause, writable: true, configurable: true });
  return error;
}

/** What an error says, or what was thrown in its place. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
