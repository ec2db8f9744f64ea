import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** `/`: the page that shows what is going on, from the folder `public`. */
export async function addPage(app: FastifyInstance): Promise<void> {
  await app.register(fastifyStatic, {
    root: fileURLToPath(new URL('../public', import.meta.url)),
    setHeaders(reply) {
      reply.header('content-security-policy', "default-src 'self'; img-src 'self' data:");
      reply.header('x-content-type-options', 'nosniff');
    },
  });
}
