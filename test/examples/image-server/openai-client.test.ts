import { PNG } from 'pngjs';
import { describe, expect, test } from 'vitest';
import { metric, patient, startServer, until } from './start-server.js';

describe('the official client of OpenAI', { timeout: 120_000 }, () => {
  test('lists the one model', async () => {
    const { client } = await startServer();
    const { data } = await client.models.list();
    expect(data.map(({ id }) => id)).toEqual(['flux.1-dev']);
    expect((await client.models.retrieve('flux.1-dev')).owned_by).toBe('tetri');
    await expect(client.models.retrieve('dall-e-3')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });

  test('gets a picture as base64', async () => {
    const { client } = await startServer();
    const { data, created } = await client.images.generate(
      { model: 'flux.1-dev', prompt: 'a lighthouse', size: '256x256', response_format: 'b64_json' },
      patient,
    );
    const { width, height } = PNG.sync.read(Buffer.from(data![0]!.b64_json!, 'base64'));
    expect([width, height]).toEqual([256, 256]);
    expect(data![0]).toMatchObject({ on_time: true });
    expect(created * 1000).toBeGreaterThan(Date.now() - 60_000);
  });

  test('gets addresses of pictures, two of them different', async () => {
    const { client } = await startServer();
    const { data } = await client.images.generate({ prompt: 'a lighthouse', size: '512x512', n: 2 }, patient);
    const files = await Promise.all(
      data!.map(async ({ url }) => {
        const response = await fetch(url!);
        expect(response.headers.get('content-type')).toBe('image/png');
        return Buffer.from(await response.arrayBuffer());
      }),
    );
    expect(files.map((file) => PNG.sync.read(file).width)).toEqual([512, 512]);
    expect(files[0]!.equals(files[1]!)).toBe(false);
  });

  test('gets the same picture for the same seed', async () => {
    const { client } = await startServer();
    const ask = { prompt: 'a lighthouse', size: '256x256', response_format: 'b64_json', seed: 7 } as const;
    const [a, b] = [await client.images.generate(ask, patient), await client.images.generate(ask, patient)];
    expect(a.data![0]!.b64_json).toBe(b.data![0]!.b64_json);
  });

  test('follows a stream: progress, partial images, the picture', async () => {
    const { client } = await startServer();
    const stream = await client.images.generate(
      { prompt: 'a lighthouse', size: '1024x1024', stream: true, partial_images: 2 },
      patient,
    );
    const events = [];
    for await (const event of stream) events.push(event);
    const types = events.map(({ type }) => type as string);
    expect(new Set(types)).toEqual(
      new Set(['image_generation.progress', 'image_generation.partial_image', 'image_generation.completed']),
    );
    const partials = events.filter((event) => event.type === 'image_generation.partial_image');
    expect(partials.map((event) => event.partial_image_index)).toEqual([0, 1]);
    const last = events.at(-1)!;
    expect(last).toMatchObject({ type: 'image_generation.completed', size: '1024x1024', output_format: 'png' });
    expect(PNG.sync.read(Buffer.from(last.b64_json, 'base64')).width).toBe(1024);
    const steps = (events as { steps_done?: number }[]).flatMap(({ steps_done: done }) => done ?? []);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(steps.at(-1)).toBe(28);
  });

  test('follows a stream of several pictures', async () => {
    const { client } = await startServer();
    const ask = { prompt: 'a lighthouse', size: '256x256', stream: true, n: 3 } as const;
    const completed: unknown[] = [];
    for await (const event of await client.images.generate(ask, patient)) {
      if (event.type === 'image_generation.completed') completed.push((event as { index?: number }).index);
    }
    expect(completed.sort()).toEqual([0, 1, 2]);
  });

  test.each([false, true])('frees the GPUs when the client goes (stream: %s)', async (stream) => {
    const { client, scheduler, server } = await startServer({ speed: 1 });
    const gone = new AbortController();
    const ask = { prompt: 'a lighthouse', size: '2048x2048', n: 2, stream } as const;
    const answer = client.images
      .generate(ask, { ...patient, signal: gone.signal })
      .then(async (stream) => {
        for await (const event of stream as AsyncIterable<unknown>) void event;
      })
      // A stream that the client itself cuts off just ends.
      .catch((error: Error) => expect(error.message).toBe('Request was aborted.'));
    await until(() => scheduler.status().running === 2);
    gone.abort();
    await answer;
    await until(() => scheduler.status().gpus.every(({ state }) => state === 'idle'));
    await until(async () => (await metric(server, 'tetri_requests_settled_total', { status: 'cancelled' })) === 2);
    expect(await metric(server, 'tetri_requests_settled_total')).toBe(2);
  });

  test('knows priorities', async () => {
    const { client, url } = await startServer();
    for (const priority of ['low', 'normal', 'high']) {
      const headers = { ...patient.headers, 'x-priority': priority };
      await expect(
        client.images.generate({ prompt: 'a lighthouse', size: '256x256' }, { headers }),
      ).resolves.toBeDefined();
    }
    const headers = { 'content-type': 'application/json', 'x-priority': 'highest' };
    const body = JSON.stringify({ prompt: 'a lighthouse' });
    const response = await fetch(`${url}/v1/images/generations`, { method: 'POST', headers, body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param: 'priority', code: 'invalid_value' } });
  });
});
