import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createImageServer } from '../../../examples/image-server/create-image-server.js';
import { readProfile } from '../../../examples/image-server/engines/read-profile.js';
import { createSimulatedEngine } from '../../../examples/image-server/engines/simulated-engine.js';
import type { ImageServerOptions } from '../../../examples/image-server/options.js';
import { until } from './start-server.js';

/** A server that listens, and whose GPUs are there when `open()` says so, or not at all. */
async function startOpening(options: Partial<ImageServerOptions> = {}, isEndedByClose = false) {
  const engine = createSimulatedEngine(await readProfile('flux.1-dev_h100', 20), 2);
  let open = (): void => undefined;
  let fail: (error: Error) => void = () => undefined;
  const isThere = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  const close = vi.fn(async () => {
    if (isEndedByClose) fail(new Error('it was closed'));
    await engine.backend.close();
  });
  const backend: typeof engine.backend = {
    ...engine.backend,
    close,
    async open(listener) {
      await isThere;
      return engine.backend.open(listener);
    },
  };
  const server = await createImageServer({ engine: { ...engine, backend }, sendMs: 500, ...options });
  onTestFinished(() => server.close());
  const url = await server.listen();
  const ready = async (): Promise<unknown> => {
    const response = await fetch(`${url}/readyz`);
    return [response.status, await response.json()];
  };
  const order = async (): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ prompt: 'a lighthouse' });
    const response = await fetch(`${url}/v1/images/generations`, { method: 'POST', headers, body });
    return [response.status, ((await response.json()) as { error: { code: string } }).error.code];
  };
  return { server, service: server.service, url, close, open, fail, ready, order };
}

describe('a server whose GPUs are not there yet', { timeout: 30_000 }, () => {
  test('says so, and takes requests once they are', async () => {
    const { service, ready, order, open } = await startOpening();
    expect(service.phase).toBe('opening');
    expect(await ready()).toEqual([503, { status: 'opening' }]);
    expect(await order()).toEqual([503, 'opening']);
    open();
    await service.opened;
    expect(service.phase).toBe('serving');
    expect(await ready()).toEqual([200, { status: 'ready' }]);
  });

  test('says that it has none if they cannot be opened, and stays so while it drains', async () => {
    const { service, ready, order, fail, url, server } = await startOpening();
    fail(new Error('out of memory'));
    await expect(service.opened).rejects.toThrow('out of memory');
    expect(service.phase).toBe('closed');
    expect(await ready()).toEqual([503, { status: 'closed' }]);
    expect(await order()).toEqual([503, 'closed']);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    await service.drain();
    expect(service.phase).toBe('closed');
    await server.close();
  });

  test('stops at once if its backend can be closed meanwhile', async () => {
    const { server, service, close } = await startOpening({ closeMs: 3_600_000 }, true);
    await server.drain();
    expect(close).toHaveBeenCalled();
    await expect(service.opened).rejects.toThrow('it was closed');
  });

  test('waits for no backend that goes on all the same', async () => {
    const { server, service, ready, open } = await startOpening({ closeMs: 1, drainMs: 3_600_000 });
    await server.drain();
    expect(service.phase).toBe('closed');
    await expect(ready()).rejects.toThrow('fetch failed');
    // What comes too late is not served.
    open();
    await expect(service.opened).rejects.toThrow('closed');
    expect(service.phase).toBe('closed');
  });

  test('closes GPUs that come in spite of it', async () => {
    const engine = createSimulatedEngine(await readProfile('flux.1-dev_h100', 20), 2);
    let open = (): void => undefined;
    const isThere = new Promise<void>((resolve) => (open = resolve));
    let closed = 0;
    const backend: typeof engine.backend = {
      ...engine.backend,
      async open(listener) {
        await isThere;
        return engine.backend.open(listener);
      },
      // Only what is open is closed.
      close: async () => void closed++,
    };
    const server = await createImageServer({ engine: { ...engine, backend }, closeMs: 1 });
    await server.close();
    expect(closed).toBe(1);
    open();
    await server.service.opened;
    await until(() => closed === 2);
    expect(server.service.phase).toBe('closed');
  });
});
