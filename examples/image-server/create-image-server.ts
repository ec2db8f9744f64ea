import { promClientMetrics } from '@tetri/scheduler/metrics/prom-client';
import fastify, { LogController, type FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import { answerError, answerGarbage, handleErrors } from './error-handler.js';
import { createImageService, type ImageService } from './image-service.js';
import { createLiveFeed } from './live/live-feed.js';
import { createLiveHistory } from './live/live-history.js';
import type { LiveState } from './live/live-state.js';
import { withDefaults, type ImageServerOptions } from './options.js';
import { createPictureStore } from './picture-store.js';
import { addPoint, readLiveState } from './live/read-live-state.js';
import { createRequestBoard, type RequestBoard } from './live/request-board.js';
import { addGenerationRoute } from './routes/generations.js';
import { addHealthRoutes } from './routes/health.js';
import { addLiveRoute } from './routes/live.js';
import { addMetricsRoute } from './routes/metrics.js';
import { addModelRoutes } from './routes/models.js';
import { addPage } from './routes/page.js';
import { addPictureRoute } from './routes/pictures.js';
import type { ServerContext } from './server-context.js';
import { createSizes } from './generations/sizes.js';

/** A server that makes pictures. */
export interface ImageServer {
  readonly app: FastifyInstance;
  readonly service: ImageService;
  /** Who is there, and how many ended how. */
  readonly board: RequestBoard;
  /** What `/metrics` shows; more can be registered. */
  readonly registry: Registry;
  /** Where it listens, such as `http://127.0.0.1:8080`; `undefined` before. */
  readonly url: string | undefined;
  /** Listens, also while the GPUs are not there yet; resolves to where. */
  listen(): Promise<string>;
  /** Takes nothing new, waits for what was accepted, up to `drainMs`, and closes. */
  drain(): Promise<void>;
  /** Ends everything at once. */
  close(): Promise<void>;
}

/** Makes a server, and begins to open its GPUs. `service.opened` says how that went. */
export async function createImageServer(options: ImageServerOptions): Promise<ImageServer> {
  const settings = withDefaults(options);
  const { engine, steps } = settings;
  const app = fastify({
    logger: { level: settings.logLevel },
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 64 * 1024,
    // For the request to arrive, not for its answer.
    requestTimeout: settings.receiveMs,
    // A shorter limit for heads than for requests is the order that Node expects.
    http: { headersTimeout: settings.receiveMs, connectionsCheckingInterval: Math.min(1000, settings.receiveMs) },
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
    clientErrorHandler: answerGarbage,
    // A number in quotes is no number, for OpenAI as for us.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  });
  const registry = new Registry();
  // What is wrong with the profile is better known before anything is opened.
  const sizes = createSizes(engine.profile, steps, engine.gpus);
  const service = createImageService(settings, promClientMetrics({ registry }), (error, where) =>
    app.log.error({ err: error, where }, 'the scheduler had an error'),
  );
  const history = createLiveHistory();
  const board = createRequestBoard(() => feed.changed());
  const pictures = createPictureStore(settings.pictureBytes, settings.pictureMs);
  const feed = createLiveFeed(() => JSON.stringify(liveState()));
  const context: ServerContext = { settings, service, sizes, board, pictures, history, feed, registry };

  const liveState = (): LiveState => readLiveState(context);

  handleErrors(app);
  // JSON only: any other body is a 415.
  app.removeContentTypeParser('text/plain');
  addMetricsRoute(app, context);
  addGenerationRoute(app, context);
  addModelRoutes(app, context);
  addPictureRoute(app, context);
  addHealthRoutes(app, context);
  addLiveRoute(app, context);
  await addPage(app);

  const second = setInterval(() => addPoint(context), 1000).unref();
  app.addHook('onClose', () => clearInterval(second));
  let url: string | undefined;
  const server: ImageServer = {
    ...{ app, service, board, registry },
    get url() {
      return url;
    },
    async listen() {
      url = await app.listen({ host: settings.host, port: settings.port });
      return url;
    },
    async drain() {
      await service.drain();
      await server.close();
    },
    async close() {
      // The scheduler first: who still waits for a picture gets an answer.
      await service.close();
      // A connection that was opened and says nothing would be waited for.
      const timer = setTimeout(() => app.server.closeAllConnections(), settings.sendMs);
      await app.close();
      clearTimeout(timer);
    },
  };
  return server;
}
