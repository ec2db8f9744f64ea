import type { FastifyRequest } from 'fastify';
import type { Picture } from '../engines/image-engine.js';
import type { ImageOrder } from './image-order.js';
import { outcomeError } from './outcome-error.js';
import type { ServerContext } from '../server-context.js';
import type { PictureHandle } from './submit-order.js';

/** A picture in an answer: one of OpenAI's two fields, and what we know of the deadline. */
export interface PictureAnswer {
  readonly url?: string;
  readonly b64_json?: string;
  readonly latency_ms: number;
  readonly on_time: boolean;
}

/**
 * Waits for a picture, and keeps it for those who fetch it.
 *
 * @throws `ApiError` if there is none
 */
export async function answerPicture(
  handle: PictureHandle,
  prompt: string,
  format: ImageOrder['format'],
  request: FastifyRequest,
  { settings, pictures, history }: ServerContext,
): Promise<PictureAnswer> {
  const { id, outcome: ended } = handle;
  const outcome = await ended;
  if (outcome.status !== 'completed') throw outcomeError(outcome, () => 1);
  const { artifact, latencyMs, onTime } = outcome;
  const isKept = pictures.put(id, artifact);
  const path = `/images/${id}`;
  if (isKept)
    history.addPicture({ id, requestId: id, prompt, shape: handle.request.shape, url: path, latencyMs, onTime });
  const told = { latency_ms: Math.round(latencyMs), on_time: onTime };
  const origin = settings.publicUrl === '' ? `${request.protocol}://${request.host}` : settings.publicUrl;
  if (format === 'b64_json') return { b64_json: base64(artifact), ...told };
  // What is too large to be kept is in its address.
  const url = isKept ? `${origin}${path}` : `data:${artifact.contentType};base64,${base64(artifact)}`;
  return { url, ...told };
}

export function base64({ bytes }: Picture): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
