/** `npm run image-server -- --help`: the server as a program. */
import { createPolicy } from '@tetri/scheduler';
import closeWithGrace from 'close-with-grace';
import { collectDefaultMetrics } from 'prom-client';
import { createImageServer } from './create-image-server.js';
import { createEngine } from './engines/create-engine.js';
import { readFlags } from './flags.js';

async function main(): Promise<void> {
  const flags = readFlags(process.argv);
  const { backend, host, port, sloScale, admit, drainMs, publicUrl, logLevel } = flags;
  const engine = await createEngine(flags, (line, gpu) => app.log.info({ gpu }, line));
  const server = await createImageServer({
    ...{ engine, host, port, sloScale, admit, drainMs, logLevel },
    ...(publicUrl === undefined ? {} : { publicUrl: publicUrl.replace(/\/$/, '') }),
    ...(flags.maxRequests === undefined ? {} : { maxRequests: flags.maxRequests }),
    policy: createPolicy(flags.policy),
    steps: flags.steps ?? (backend === 'cpu' ? 20 : 28),
  });
  const { app, registry, service } = server;
  collectDefaultMetrics({ register: registry });

  // After the last request, the scheduler and its backend may take ten seconds each, and the answers five. While GPUs are being opened
  // there are no requests, and the end of that may take ten.
  const stop = new AbortController();
  closeWithGrace({ delay: drainMs + 30_000, logger: app.log }, async ({ signal, err }) => {
    stop.abort();
    if (err === undefined) {
      app.log.info(`${signal ?? 'stop'}: finishing what was accepted`);
      await server.drain();
    } else {
      app.log.error(err);
      await server.close();
    }
  });

  await server.listen();
  try {
    await service.opened;
  } catch (error) {
    // Who stops it while it opens its GPUs has them not opened, and that is no error.
    if (stop.signal.aborted) return;
    throw error;
  }
  app.log.info(`serving ${engine.profile.model} on ${engine.gpus} GPUs (${engine.kind})`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
