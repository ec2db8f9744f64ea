import type { FastifyInstance } from 'fastify';
import { Counter, Gauge } from 'prom-client';
import type { ServerContext } from '../server-context.js';

/** `/metrics` for Prometheus: those of the scheduler, and what this server answered and keeps. */
export function addMetricsRoute(app: FastifyInstance, { registry, pictures, feed, board }: ServerContext): void {
  const answers = new Counter({
    name: 'http_answers_total',
    help: 'Answers by route and status; 499 where the client left before its answer.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  app.addHook('onRequest', (request, reply, done) => {
    reply.raw.once('close', () => {
      // The route as it was declared: clients may ask for anything.
      const route = request.routeOptions.url ?? 'none';
      const status = reply.raw.writableFinished ? reply.statusCode : 499;
      answers.inc({ method: request.method, route, status: String(status) });
    });
    done();
  });
  new Counter({
    name: 'requests_refused_unasked_total',
    help: 'Requests that were refused without having been submitted to the scheduler.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(board.unasked);
    },
  });
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({ name, help, registers: [registry], collect: collectBy(read) });
  };
  gauge('pictures_kept', 'Pictures in memory.', () => pictures.count());
  gauge('pictures_kept_bytes', 'What pictures in memory take.', () => pictures.bytes());
  gauge('live_watchers', 'Clients that watch /live.', () => feed.watchers());

  app.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
}

function collectBy(read: () => number) {
  return function (this: Gauge): void {
    this.set(read());
  };
}
