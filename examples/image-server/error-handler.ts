import { TetriError } from '@tetri/scheduler';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { ApiError } from './api-error.js';

/** Answers whatever goes wrong in OpenAI's form. */
export function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request) => {
    throw new ApiError(404, 'unknown_url', `there is nothing at ${request.method} ${request.url}`);
  });
}

/** Answers an error, also one of a request that has no route, such as an address that cannot be read. */
export function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = asApiError(error);
  if (answer.statusCode >= 500 && answer !== error) request.log.error(error);
  if (answer.retryAfterS !== undefined) reply.header('retry-after', answer.retryAfterS);
  return reply.code(answer.statusCode).send(answer.toJSON());
}

/** Answers bytes that are no request of HTTP, and ends their connection. */
export function answerGarbage({ code }: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable || code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, message] =
    code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'the head of the request is too large']
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'the request took too long to arrive']
        : ['400 Bad Request', 'this is no request of HTTP'];
  const body = JSON.stringify(new ApiError(Number.parseInt(status), 'invalid_request', message));
  const head = [`HTTP/1.1 ${status}`, 'content-type: application/json', `content-length: ${Buffer.byteLength(body)}`];
  socket.end(`${head.join('\r\n')}\r\nconnection: close\r\n\r\n${body}`);
}

/** What may be wrong with a request before anybody looks at its fields. */
const codes: Readonly<Record<number, string>> = {
  404: 'unknown_url',
  413: 'request_too_large',
  415: 'unsupported_media_type',
};

function asApiError(error: FastifyError): ApiError {
  if (error instanceof ApiError) return error;
  const [wrong] = error.validation ?? [];
  if (wrong !== undefined) {
    const missing = wrong.params['missingProperty'] as string | undefined;
    const param = missing ?? (wrong.instancePath.slice(1).replaceAll('/', '.') || null);
    const code = missing === undefined ? 'invalid_value' : 'missing_required_parameter';
    const allowed = wrong.params['allowedValues'] as readonly string[] | undefined;
    const isBlank = wrong.keyword === 'pattern';
    const message = isBlank
      ? 'must not be blank'
      : `${wrong.message ?? 'is wrong'}${allowed === undefined ? '' : `: ${allowed.join(', ')}`}`;
    return new ApiError(400, code, missing === undefined ? `'${param ?? 'body'}' ${message}` : message, param);
  }
  // A request that the scheduler takes for wrong in itself.
  if (TetriError.isInstance(error)) return new ApiError(400, error.code, error.message, error.path || null);
  const statusCode = error.statusCode ?? 500;
  // What went wrong inside is for the log, not for clients.
  if (statusCode >= 500) return new ApiError(statusCode, 'internal_error', 'something went wrong in the server');
  return new ApiError(statusCode, codes[statusCode] ?? 'invalid_request', error.message);
}
