import { TetriError } from '../../../model/index.js';
import { journalError, messageOf } from '../journal-error.js';

/** What `act` gives; its errors become `journal-failed`, except those that are errors of the journal already. */
export async function failing<T>(what: string, path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (TetriError.isInstance(error)) throw error;
    throw journalError('journal-failed', `${what}: ${messageOf(error)}`, path, error);
  }
}
