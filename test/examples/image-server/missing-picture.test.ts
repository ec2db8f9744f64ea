import { describe, expect, test, vi } from 'vitest';
import { ApiError } from '../../../examples/image-server/api-error.js';
import type { ImageEngine } from '../../../examples/image-server/engines/image-engine.js';
import { readProfile } from '../../../examples/image-server/engines/read-profile.js';
import { createSimulatedEngine } from '../../../examples/image-server/engines/simulated-engine.js';
import { generationEvents } from '../../../examples/image-server/generations/generation-events.js';
import type { ImageOrder } from '../../../examples/image-server/generations/image-order.js';
import type { PictureHandle } from '../../../examples/image-server/generations/submit-order.js';
import { metric, patient, startServer, until } from './start-server.js';

/** One GPU that cannot decode the first picture that is ready for it, however often it is tried. */
async function spoilsFirst(): Promise<ImageEngine> {
  const engine = createSimulatedEngine(await readProfile('flux.1-dev_h100', 10), 1);
  let spoilt: string | undefined;
  return {
    ...engine,
    backend: {
      ...engine.backend,
      finish(call) {
        spoilt ??= call.requestId;
        if (call.requestId === spoilt) return Promise.reject(new Error('it came out black'));
        return engine.backend.finish(call);
      },
    },
  };
}

function ask(url: string, body: object) {
  return fetch(`${url}/v1/images/generations`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json', ...patient.headers } },
    body: JSON.stringify({ prompt: 'a lighthouse', size: '1024x1024', n: 3, ...body }),
  });
}

describe('one picture of three that cannot be made', { timeout: 120_000 }, () => {
  test('ends a stream with one error', async () => {
    const { url, server } = await startServer({ engine: await spoilsFirst() });
    const text = await (await ask(url, { stream: true })).text();
    const events = text.split('\n\n').filter((event) => event !== '');
    expect(events.filter((event) => event.startsWith('event: error'))).toHaveLength(1);
    const [kind, data] = events.at(-1)!.split('\n');
    expect(kind).toBe('event: error');
    expect(JSON.parse(data!.replace('data: ', ''))).toMatchObject({
      error: { code: 'decode_failed', type: 'server_error' },
    });
    await takesBackTheOthers(server);
  });

  test('is the answer of a request without a stream', async () => {
    const { url, server } = await startServer({ engine: await spoilsFirst() });
    const response = await ask(url, {});
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ error: { code: 'decode_failed', type: 'server_error' } });
    await takesBackTheOthers(server);
  });

  async function takesBackTheOthers(server: Parameters<typeof metric>[0]): Promise<void> {
    await until(async () => (await metric(server, 'tetri_requests_settled_total')) === 3);
    expect(await metric(server, 'tetri_requests_settled_total', { status: 'failed' })).toBe(1);
    expect(await metric(server, 'tetri_requests_settled_total', { status: 'cancelled' })).toBe(2);
  }

  test('takes the others back before its client has read of it', async () => {
    const cancelled = [false, false, false];
    const handles = cancelled.map((_, index) => ({
      progress: (async function* () {
        if (index !== 1) await new Promise(() => undefined);
        yield* [];
      })(),
      cancel: vi.fn(() => (cancelled[index] = true)),
    })) as unknown as PictureHandle[];
    const requests = handles.map((_, seed) => ({ payload: { prompt: 'a lighthouse', seed } }));
    const order = { requests, shape: '256x256', format: 'url', partialImages: 0 } as unknown as ImageOrder;
    const answer = () => Promise.reject(new ApiError(500, 'decode_failed', 'it came out black'));
    const events = generationEvents(order, handles, {} as ImageEngine, answer);
    const heard: string[] = [];
    for await (const event of events) {
      expect(cancelled).toEqual([true, true, true]);
      heard.push(event as string);
    }
    expect(heard).toEqual([expect.stringMatching(/^event: error\ndata: .*decode_failed/)]);
  });
});
