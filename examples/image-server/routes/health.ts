import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../server-context.js';

/** `/healthz`: the process is alive. `/readyz`: it takes requests. */
export function addHealthRoutes(app: FastifyInstance, { service }: ServerContext): void {
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', (_request, reply) => {
    const isReady = service.isReady();
    const status = isReady ? 'ready' : service.phase === 'serving' ? 'no-gpus' : service.phase;
    return reply.code(isReady ? 200 : 503).send({ status });
  });
}
