import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Nothing from elsewhere; and nobody may put the page, which shows what everybody asked for, into one of his own. */
const policy =
  "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/** `/`: the page that shows what is going on, from the folder `public`. */
export async function addPage(app: FastifyInstance): Promise<void> {
  await app.register(async (scope) => {
    scope.addHook('onSend', async (_request, reply) => {
      reply.header('content-security-policy', policy);
      reply.header('x-content-type-options', 'nosniff');
    });
    await scope.register(fastifyStatic, { root: fileURLToPath(new URL('../public', import.meta.url)) });
  });
}
