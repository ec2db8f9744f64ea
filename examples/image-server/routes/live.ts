import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { ApiError } from '../api-error.js';
import { serverEvent, startEvents } from '../server-events.js';
import type { ServerContext } from '../server-context.js';
import { untilGone } from '../until-gone.js';

/** `/live`: what is going on, as server-sent events for the page. */
export function addLiveRoute(app: FastifyInstance, { feed, settings }: ServerContext): void {
  app.get('/live', (_request, reply) => {
    if (feed.watchers() >= settings.maxWatchers)
      throw new ApiError(503, 'too_many_watchers', 'too many watch', null, 60);
    async function* events(states: AsyncIterable<string>) {
      for await (const state of states) yield serverEvent('state', state);
    }
    return startEvents(reply).send(Readable.from(events(feed.watch(untilGone(reply)))));
  });
  // It would never end by itself.
  app.addHook('preClose', (done) => {
    feed.close();
    done();
  });
}
