import { BackendError, type BackendErrorCode } from '../../backends/index.js';

const failures = new WeakSet();

/** What a case fails with: says what the contract demands and what was seen instead. */
export function failure(message: string, cause?: unknown): Error {
  const error = cause === undefined ? new Error(message) : new Error(message, { cause });
  failures.add(error);
  return error;
}

/** Whether this is a verdict of the suite, and not something that the backend or the harness threw. */
export function isFailure(value: unknown): value is Error {
  return value instanceof Error && failures.has(value);
}

/** Fails the case unless `isTrue`. */
export function demand(isTrue: boolean, message: string): asserts isTrue {
  if (!isTrue) throw failure(message);
}

/** The codes of calls that changed nothing. */
const refusals: readonly BackendErrorCode[] = [
  ...(['backend-not-open', 'not-prepared', 'already-prepared', 'wrong-step'] as const),
  ...(['request-busy', 'gpu-busy', 'unsupported'] as const),
];

/** How a call ended that may end in more than one way. */
export type Ending<T> =
  { readonly value: T; readonly error?: undefined } | { readonly value?: undefined; readonly error: BackendError };

/** The call resolves, or rejects with one of these codes. */
export async function ending<T>(
  call: Promise<T>,
  allowed: readonly BackendErrorCode[],
  what: string,
): Promise<Ending<T>> {
  try {
    return { value: await call };
  } catch (error) {
    return { error: judge(error, allowed, `${what} has to resolve or to reject with ${allowed.join(' or ')}`) };
  }
}

/** The call rejects with one of these codes. */
export async function refusal(
  call: Promise<unknown>,
  demanded: readonly BackendErrorCode[],
  what: string,
): Promise<BackendError> {
  const rule = `${what} has to reject with ${demanded.join(' or ')}`;
  try {
    await call;
  } catch (error) {
    return judge(error, demanded, rule);
  }
  throw failure(`${rule}; it resolved`);
}

function judge(error: unknown, allowed: readonly BackendErrorCode[], rule: string): BackendError {
  if (isFailure(error)) throw error;
  if (!BackendError.isInstance(error)) {
    throw failure(`${rule}; it rejected with ${describe(error)}, which is no BackendError`, error);
  }
  const { code, state, steps, message } = error;
  if (!allowed.includes(code)) throw failure(`${rule}; it rejected with ${describe(error)}`, error);
  demand(message !== '', `an error ${code} needs a message for people`);
  demand(
    state === 'intact' || !refusals.includes(code),
    `an error ${code} has the state ${state}; a call that is refused leaves the request intact`,
  );
  demand(Number.isSafeInteger(steps) && steps >= 0, `an error ${code} tells of ${steps} completed steps`);
  return error;
}

/** An error in a few words. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return BackendError.isInstance(error) ? `${error.code} (${error.message})` : `${error.name} (${error.message})`;
}
