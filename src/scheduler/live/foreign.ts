import { show } from '../../model/check.js';

/**
 * Calls code that is not ours, a backend, a journal or a hook: what it throws is a rejection, and what it returns need not be a promise.
 */
export async function ask<T>(call: () => T | Promise<T>): Promise<T> {
  return await call();
}

/** What an error says, for people; anything may have been thrown. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : error;
  return typeof message === 'string' ? message : show(message);
}
