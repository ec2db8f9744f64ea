import type { FastifyInstance } from 'fastify';
import { ApiError } from '../api-error.js';
import type { ServerContext } from '../server-context.js';

/** `/v1/models`: the one model that is served. */
export function addModelRoutes(app: FastifyInstance, { settings, sizes }: ServerContext): void {
  const { model } = settings.engine.profile;
  const created = Math.floor(Date.now() / 1000);
  const entry = { id: model, object: 'model', created, owned_by: 'tetri', sizes: sizes.measured };
  app.get('/v1/models', () => ({ object: 'list', data: [entry] }));
  app.get<{ Params: { model: string } }>('/v1/models/:model', ({ params }) => {
    checkModel(params.model, model);
    return entry;
  });
}

/** @throws `ApiError` 404 for another model than the one that is served */
export function checkModel(asked: string, served: string): void {
  if (asked === served) return;
  throw new ApiError(404, 'model_not_found', `the model '${asked}' does not exist; there is '${served}'`, 'model');
}
