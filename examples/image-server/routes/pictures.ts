import type { FastifyInstance } from 'fastify';
import { ApiError } from '../api-error.js';
import type { ServerContext } from '../server-context.js';

/** `/images/:id`: a picture that was made a while ago. */
export function addPictureRoute(app: FastifyInstance, { pictures }: ServerContext): void {
  app.get<{ Params: { id: string } }>('/images/:id', ({ params }, reply) => {
    const picture = pictures.get(params.id);
    if (picture === undefined)
      throw new ApiError(404, 'image_not_found', 'there is no such picture, or no longer', 'id');
    return reply
      .type(picture.contentType)
      .headers({
        'cache-control': 'private, max-age=600',
        // It is what the backend says it is, and runs nothing, whatever that is.
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      })
      .send(picture.bytes);
  });
}
