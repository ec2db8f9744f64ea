import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { metric, patient, startServer, until } from './start-server.js';

/** Sends bytes, and reads until the server ends the connection. */
async function exchange(url: string, bytes: string): Promise<{ head: string; body: string }> {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding('utf8');
  socket.write(bytes);
  let answer = '';
  for await (const part of socket) answer += part as string;
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  return { head, body };
}

describe('what goes wrong before there is a route', { timeout: 60_000 }, () => {
  test.each([
    ['an address that cannot be read', 'GET /images/%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400],
    ['a head that is too large', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431],
    ['bytes that are no request', 'good morning\r\n\r\n', 400],
  ])('%s is answered in the same form', async (_, bytes, status) => {
    const { url } = await startServer();
    const { head, body } = await exchange(url, bytes);
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    const { error } = JSON.parse(body) as { error: object };
    expect(error).toMatchObject({ type: 'invalid_request_error', param: null });
    expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type']);
  });

  test('a body of another type is refused', async () => {
    const { url } = await startServer();
    const response = await fetch(`${url}/v1/images/generations`, { method: 'POST', body: 'a lighthouse' });
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({ error: { code: 'unsupported_media_type' } });
  });

  test('a request that never ends to arrive is ended', async () => {
    const { url } = await startServer({ receiveMs: 200 });
    const start = 'POST /v1/images/generations HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
    const { head, body } = await exchange(url, `${start}content-length: 100\r\n\r\n{"pro`);
    expect(head).toMatch(/^HTTP\/1.1 408 /);
    expect(JSON.parse(body)).toHaveProperty('error.message');
  });
});

describe('addresses of pictures', { timeout: 60_000 }, () => {
  const urlOf = async ({ client }: Awaited<ReturnType<typeof startServer>>): Promise<string> => {
    const { data } = await client.images.generate({ prompt: 'a pier', size: '256x256' }, patient);
    return data![0]!.url!;
  };

  test('are where the client reached the server', async () => {
    const server = await startServer();
    expect(await urlOf(server)).toMatch(new RegExp(`^${server.url}/images/`));
  });

  test('are where the server says it is', async () => {
    const server = await startServer({ publicUrl: 'https://images.example.org/tetri' });
    expect(await urlOf(server)).toMatch(/^https:\/\/images\.example\.org\/tetri\/images\//);
  });
});

test('a client that left is counted', { timeout: 60_000 }, async () => {
  const { server, url } = await startServer({ speed: 1, gpus: 1 });
  const leaving = new AbortController();
  const headers = { 'content-type': 'application/json', 'x-slo-ms': '600000' };
  const body = JSON.stringify({ prompt: 'a pier', size: '2048x2048' });
  const answer = fetch(`${url}/v1/images/generations`, { method: 'POST', headers, body, signal: leaving.signal });
  await until(async () => (await metric(server, 'tetri_requests_submitted_total')) === 1);
  leaving.abort();
  await expect(answer).rejects.toThrow('abort');
  await until(async () => (await metric(server, 'http_answers_total', { status: '499' })) === 1);
  expect(await metric(server, 'http_answers_total')).toBe(1);
});
