/** `npm run image-server -- --help`: the server as a program. */
import { createPolicy } from '@tetri/scheduler';
import closeWithGrace from 'close-with-grace';
import { collectDefaultMetrics } from 'prom-client';
import { createImageServer } from './create-image-server.js';
import { createEngine } from './engines/create-engine.js';
import { readFlags } from './flags.js';

const flags = readFlags(process.argv);
const { host, port, sloScale, admit, drainMs, logLevel } = flags;
const engine = await createEngine(flags, (line, gpu) => app.log.info({ gpu }, line));
const server = await createImageServer({
  ...{ engine, host, port, sloScale, admit, drainMs, logLevel },
  ...(flags.maxRequests === undefined ? {} : { maxRequests: flags.maxRequests }),
  policy: createPolicy(flags.policy),
  steps: flags.steps ?? (flags.backend === 'cpu' ? 20 : 28),
});
const { app, registry, service } = server;
collectDefaultMetrics({ register: registry });

// The scheduler waits up to ten seconds for steps to end, and as long for the backend.
closeWithGrace({ delay: drainMs + 25_000, logger: app.log }, async ({ signal, err }) => {
  if (err === undefined) {
    app.log.info(`${signal ?? 'stop'}: finishing what was accepted`);
    await server.drain();
  } else {
    app.log.error(err);
    await server.close();
  }
});

await server.listen();
await service.opened;
app.log.info(`serving ${engine.profile.model} on ${engine.gpus} GPUs (${engine.kind})`);
