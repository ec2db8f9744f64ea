import { PNG } from 'pngjs';
import { describe, expect, test } from 'vitest';
import type { LiveState } from '../../../examples/image-server/live/live-state.js';
import { metric, patient, startServer, until } from './start-server.js';

const ask = { prompt: 'a lighthouse', size: '256x256' } as const;

/** What `/live` says first. */
async function live(url: string): Promise<LiveState> {
  const { body } = await fetch(`${url}/live`);
  let text = '';
  for await (const part of body!.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.includes('\n\n')) break;
  }
  return JSON.parse(/^data: (.*)$/m.exec(text)![1]!) as LiveState;
}

describe('a picture', { timeout: 60_000 }, () => {
  test('that is no longer kept is not shown any more', async () => {
    const { client, server, url } = await startServer({ pictureMs: 1000 });
    const { data } = await client.images.generate(ask, patient);
    await until(async () => (await metric(server, 'pictures_kept')) === 0);
    expect((await fetch(data![0]!.url!)).status).toBe(404);
    expect((await live(url)).pictures).toEqual([]);
  });

  test('that is kept is shown', async () => {
    const { client, url } = await startServer();
    await client.images.generate(ask, patient);
    const [shown] = (await live(url)).pictures;
    expect((await fetch(url + shown!.url)).status).toBe(200);
  });

  test('that is too large to be kept has an address that holds it', async () => {
    const { client, url } = await startServer({ pictureBytes: 1 });
    const { data } = await client.images.generate(ask, patient);
    const response = await fetch(data![0]!.url!);
    expect(PNG.sync.read(Buffer.from(await response.arrayBuffer())).width).toBe(256);
    expect((await live(url)).pictures).toEqual([]);
  });

  test('is nothing but a picture for a browser', async () => {
    const { client } = await startServer();
    const { data } = await client.images.generate(ask, patient);
    const { headers } = await fetch(data![0]!.url!);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});

describe('the page', () => {
  test('cannot be put into another', async () => {
    const { url } = await startServer();
    const policy = (await fetch(url)).headers.get('content-security-policy');
    for (const rule of ["frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"])
      expect(policy).toContain(rule);
  });

  test('is all that its folder serves', async () => {
    const { url } = await startServer();
    expect((await fetch(`${url}/page.js`)).status).toBe(200);
    expect((await fetch(`${url}/tsconfig.json`)).status).toBe(404);
  });
});

describe('seeds', () => {
  test('of several pictures can all be asked for again', async () => {
    const { client } = await startServer();
    const max = 2 ** 32 - 1;
    const seeded = (seed: number, n: number) =>
      client.images.generate({ ...ask, n, response_format: 'b64_json', seed } as typeof ask, patient);
    const [both, second] = [await seeded(max, 2), await seeded(0, 1)];
    expect(second.data![0]!.b64_json).toBe(both.data![1]!.b64_json);
    await expect(seeded(max + 1, 1)).rejects.toMatchObject({ status: 400, param: 'seed' });
  });
});
