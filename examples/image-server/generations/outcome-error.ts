import type { RequestOutcome } from '@tetri/scheduler/scheduler';
import { ApiError } from '../api-error.js';

/**
 * What a client is told of a request without a picture.
 *
 * @param retryAfterS - after how many seconds another try may do, by what was wrong
 */
export function outcomeError(
  outcome: Exclude<RequestOutcome, { status: 'completed' }>,
  retryAfterS: (code: string) => number,
): ApiError {
  // Nobody is there any more to read it.
  if (outcome.status === 'cancelled') return new ApiError(499, 'client_closed_request', 'the client took it back');
  const { reason, detail } = outcome;
  const code = reason.replaceAll('-', '_');
  switch (reason) {
    case 'deadline-infeasible':
    case 'too-many-requests':
    case 'out-of-memory':
    case 'displaced':
      return tooBusy(code, retryAfterS(code));
    case 'draining':
    case 'closed':
    case 'backend-lost':
      return new ApiError(503, code, `the server is not available: ${detail}`, null, 10);
    case 'deadline-missed':
    case 'steps-failed':
    case 'decode-failed':
    case 'crashed':
    case 'unservable':
    case 'journal-failed':
    case 'delivery-failed':
      return new ApiError(500, code, `the picture could not be made: ${detail}`);
  }
}

/** There is too much to do. */
export function tooBusy(code: string, retryAfterS: number): ApiError {
  const message =
    code === 'deadline_infeasible'
      ? 'it could not be on time: try later, or allow more time'
      : 'there is too much to do: try later';
  return new ApiError(429, code, message, null, retryAfterS);
}
