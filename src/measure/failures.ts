import { BackendError } from '../backends/index.js';

/**
 * What `measure` returns, or why the backend cannot do it.
 *
 * @param name - what is measured; stands before the message of any other error
 * @throws `BackendError` for whatever fails in another way than with `unsupported`
 */
export async function orRefusal<T extends object>(name: string, measure: () => Promise<T>): Promise<T | string> {
  try {
    return await measure();
  } catch (error) {
    if (BackendError.isInstance(error) && error.code === 'unsupported') return error.message;
    throw namedError(name, error);
  }
}

/** The error with the name of what was measured before its message; what no backend should reject with is `chunk-failed`. */
export function namedError(name: string, error: unknown): BackendError {
  const message = `${name}: ${error instanceof Error ? error.message : String(error)}`;
  if (!BackendError.isInstance(error)) return new BackendError('chunk-failed', message, { cause: error });
  return new BackendError(error.code, message, { state: error.state, steps: error.steps, cause: error });
}
