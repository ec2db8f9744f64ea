import type { FastifyInstance } from 'fastify';
import { ApiError } from '../api-error.js';
import type { ServerContext } from '../server-context.js';

/** `/images/:id`: a picture that was made a while ago. */
export function addPictureRoute(app: FastifyInstance, { pictures }: ServerContext): void {
  app.get<{ Params: { id: string } }>('/images/:id', ({ params }, reply) => {
    const picture = pictures.get(params.id);
    if (picture === undefined)
      throw new ApiError(404, 'image_not_found', 'there is no such picture, or no longer', 'id');
    return reply.type(picture.contentType).header('cache-control', 'private, max-age=600').send(picture.bytes);
  });
}
