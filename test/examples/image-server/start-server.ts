import OpenAI from 'openai';
import { expect, onTestFinished } from 'vitest';
import { createImageServer, type ImageServer } from '../../../examples/image-server/create-image-server.js';
import { readProfile } from '../../../examples/image-server/engines/read-profile.js';
import { createSimulatedEngine } from '../../../examples/image-server/engines/simulated-engine.js';
import type { ImageServerOptions } from '../../../examples/image-server/options.js';

/** How many GPUs, how many times faster than H100s, and whatever else a server takes. */
interface TestOptions extends Partial<ImageServerOptions> {
  readonly gpus?: number;
  readonly speed?: number;
}

/** A server that listens, and takes requests; closed when the test is over. */
export async function startServer({ gpus = 8, speed = 20, ...options }: TestOptions = {}) {
  const engine = createSimulatedEngine(await readProfile('flux.1-dev_h100', speed), gpus, 2 / speed);
  const server = await createImageServer({ engine, sendMs: 500, ...options });
  onTestFinished(() => server.close());
  const url = await server.listen();
  const scheduler = await server.service.opened;
  // Retries would hide errors.
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
  return { server, url, scheduler, client };
}

/** Time enough for anything, whatever else the machine does. */
export const patient = { headers: { 'x-slo-ms': '60000' } };

/** The sum of a metric over all series that have these labels. */
export async function metric(server: ImageServer, name: string, labels: Record<string, string> = {}): Promise<number> {
  const all = await server.registry.getMetricsAsJSON();
  const values = all.find((one) => one.name === name)?.values ?? [];
  return values
    .filter((one) => Object.entries(labels).every(([key, value]) => one.labels[key] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

/** Waits until something is true, for half a minute at most: then what it is, is in the message, at the line that waits. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(isTrue, { interval: 5, timeout: 30_000, message: String(isTrue) }).toBe(true);
}
