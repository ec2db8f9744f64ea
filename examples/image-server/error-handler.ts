import { TetriError } from '@tetri/scheduler';
import type { FastifyError, FastifyInstance } from 'fastify';
import { ApiError } from './api-error.js';

/** Answers whatever goes wrong in OpenAI's form. */
export function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const answer = asApiError(error);
    if (answer.statusCode >= 500 && answer !== error) request.log.error(error);
    if (answer.retryAfterS !== undefined) reply.header('retry-after', answer.retryAfterS);
    return reply.code(answer.statusCode).send(answer.toJSON());
  });
  app.setNotFoundHandler((request) => {
    throw new ApiError(404, 'unknown_url', `there is nothing at ${request.method} ${request.url}`);
  });
}

function asApiError(error: FastifyError): ApiError {
  if (error instanceof ApiError) return error;
  const [wrong] = error.validation ?? [];
  if (wrong !== undefined) {
    const missing = wrong.params['missingProperty'] as string | undefined;
    const param = missing ?? (wrong.instancePath.slice(1).replaceAll('/', '.') || null);
    const code = missing === undefined ? 'invalid_value' : 'missing_required_parameter';
    const allowed = wrong.params['allowedValues'] as readonly string[] | undefined;
    const message = `${wrong.message ?? 'is wrong'}${allowed === undefined ? '' : `: ${allowed.join(', ')}`}`;
    return new ApiError(400, code, missing === undefined ? `'${param ?? 'body'}' ${message}` : message, param);
  }
  // A request that the scheduler takes for wrong in itself.
  if (TetriError.isInstance(error)) return new ApiError(400, error.code, error.message, error.path || null);
  const statusCode = error.statusCode ?? 500;
  // What went wrong inside is for the log, not for clients.
  if (statusCode >= 500) return new ApiError(statusCode, 'internal_error', 'something went wrong in the server');
  return new ApiError(statusCode, error.code.toLowerCase(), error.message);
}
