import { BadRequestError, InternalServerError, NotFoundError, RateLimitError, type APIError } from 'openai';
import { describe, expect, test } from 'vitest';
import { metric, patient, startServer, until } from './start-server.js';

/** What is wrong, by the client's error. */
async function errorOf(answer: Promise<unknown>): Promise<APIError> {
  return answer.then(
    () => expect.fail('there was no error'),
    (error: unknown) => error as APIError,
  );
}

describe('a request that is wrong', { timeout: 120_000 }, () => {
  test.each([
    ['a size that is none', { size: 'large' as '256x256' }, { param: 'size', code: 'invalid_size' }],
    ['a size that is not offered', { size: '1792x100' as '256x256' }, { param: 'size', code: 'invalid_size' }],
    ['a size that is too large', { size: '8192x8192' as '256x256' }, { param: 'size', code: 'invalid_size' }],
    ['a video', { size: '256x256x9' as '256x256' }, { param: 'size', code: 'invalid_size' }],
    ['too many pictures', { n: 11 }, { param: 'n', code: 'invalid_value' }],
    ['no pictures', { n: 0 }, { param: 'n', code: 'invalid_value' }],
    ['a number in quotes', { n: '2' as unknown as number }, { param: 'n', code: 'invalid_value' }],
    ['an empty prompt', { prompt: '' }, { param: 'prompt', code: 'invalid_value' }],
    ['a blank prompt', { prompt: ' \n' }, { param: 'prompt', code: 'invalid_value' }],
    ['no prompt', { prompt: undefined as unknown as string }, { param: 'prompt', code: 'missing_required_parameter' }],
    ['a prompt that is too long', { prompt: 'x'.repeat(4001) }, { param: 'prompt', code: 'invalid_value' }],
    ['another format', { response_format: 'gif' as 'url' }, { param: 'response_format', code: 'invalid_value' }],
    ['a deadline that is no number', { slo_ms: 'soon' }, { param: 'slo_ms', code: 'invalid_value' }],
    ['a deadline that nobody meets', { slo_ms: 1 }, { param: 'slo_ms', code: 'deadline_unattainable' }],
  ])('%s is a bad request', async (_, wrong, expected) => {
    const { client, server } = await startServer();
    const error = await errorOf(client.images.generate({ prompt: 'a lighthouse', ...wrong }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ ...expected, type: 'invalid_request_error' });
    expect(await metric(server, 'tetri_requests_submitted_total')).toBe(0);
  });

  test('another model is not found', async () => {
    const { client } = await startServer();
    const error = await errorOf(client.images.generate({ prompt: 'a lighthouse', model: 'dall-e-3' }));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ code: 'model_not_found', param: 'model' });
    expect(error.message).toContain('flux.1-dev');
  });

  test('null stands for a default', async () => {
    const { client } = await startServer();
    const ask = { prompt: 'a lighthouse', n: null, size: null, stream: null, response_format: null };
    expect((await client.images.generate(ask, patient)).data).toHaveLength(1);
  });

  test.each([
    ['no JSON', '{', 400],
    ['no object', '[]', 400],
    ['nothing', '', 400],
    ['too much', JSON.stringify({ prompt: 'x', user: 'x'.repeat(2 ** 17) }), 413],
  ])('a body of %s is answered in the same form', async (_, body, status) => {
    const { url } = await startServer();
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/v1/images/generations`, { method: 'POST', headers, body });
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as { error: object };
    expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type']);
  });

  test.each(['/v1/images/edits', '/images/none', '/nothing'])('%s is not found, in the same form', async (path) => {
    const { url } = await startServer();
    const response = await fetch(url + path);
    expect(response.status).toBe(404);
    expect(await response.json()).toHaveProperty('error.message');
  });
});

describe('too much to do', { timeout: 120_000 }, () => {
  test('is answered with 429, and with when to come again', async () => {
    const { client, scheduler, server } = await startServer({ speed: 1, gpus: 1, maxRequests: 1 });
    const gone = new AbortController();
    const ask = { prompt: 'a lighthouse', size: '1024x1024' } as const;
    const first = client.images.generate(ask, { ...patient, signal: gone.signal }).catch(() => undefined);
    await until(() => scheduler.status().running === 1);
    for (const stream of [false, true]) {
      const error = await errorOf(client.images.generate({ ...ask, stream }, patient));
      expect(error).toBeInstanceOf(RateLimitError);
      expect(error).toMatchObject({ code: 'too_many_requests', type: 'rate_limit_exceeded' });
      expect(Number(error.headers!.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
    // Whether there is a place is known beforehand.
    expect(await metric(server, 'requests_refused_unasked_total')).toBe(2);
    expect(server.board.ended.refused).toBe(2);
    gone.abort();
    await first;
  });

  test('says how long what is ahead takes', async () => {
    const { client, scheduler } = await startServer({ speed: 1, gpus: 1 });
    const gone = new AbortController();
    const first = client.images
      .generate({ prompt: 'a lighthouse', size: '2048x2048' }, { ...patient, signal: gone.signal })
      .catch(() => undefined);
    await until(() => scheduler.status().running === 1);
    const shape = '2048x2048';
    const { unloadedFinishMs } = scheduler.quote({ id: 'q', shape, steps: 28, deadlineMs: Date.now() + 60_000 });
    const headers = { 'x-slo-ms': String(Math.ceil(unloadedFinishMs! - scheduler.nowMs()) + 100) };
    const error = await errorOf(client.images.generate({ prompt: 'a lighthouse', size: shape }, { headers }));
    expect(error).toMatchObject({ status: 429, code: 'deadline_infeasible' });
    // The one ahead takes the only GPU for twenty seconds and more.
    expect(Number(error.headers!.get('retry-after'))).toBeGreaterThan(2);
    gone.abort();
    await first;
  });

  test('takes nothing of an order for which there are too few places', async () => {
    const { client, scheduler, server } = await startServer({ speed: 1, gpus: 2, maxRequests: 3 });
    const gone = new AbortController();
    const ask = { prompt: 'a lighthouse', size: '1024x1024', n: 2 } as const;
    const first = client.images.generate(ask, { ...patient, signal: gone.signal }).catch(() => undefined);
    await until(() => scheduler.status().running === 2);
    expect(await errorOf(client.images.generate(ask, patient))).toMatchObject({ code: 'too_many_requests' });
    expect(await metric(server, 'tetri_requests_submitted_total')).toBe(2);
    expect(await metric(server, 'requests_refused_unasked_total')).toBe(2);
    gone.abort();
    await first;
  });

  test('a server that drains finishes what it has, and takes nothing new', async () => {
    const { client, scheduler, server, url } = await startServer({ speed: 2 });
    const ready = async () => (await fetch(`${url}/readyz`)).status;
    expect(await ready()).toBe(200);
    const first = client.images.generate({ prompt: 'a lighthouse', size: '2048x2048' }, patient);
    await until(() => scheduler.status().running === 1);
    const drained = server.drain();
    expect(await ready()).toBe(503);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const error = await errorOf(client.images.generate({ prompt: 'a lighthouse' }, patient));
    expect(error).toBeInstanceOf(InternalServerError);
    expect(error).toMatchObject({ status: 503, code: 'draining', type: 'server_error' });
    expect(Number(error.headers!.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await first).data).toHaveLength(1);
    await drained;
    await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
  });

  test('a server that drains for too long gives up', async () => {
    const { client, scheduler, server } = await startServer({ speed: 1, gpus: 1, drainMs: 1 });
    const first = errorOf(client.images.generate({ prompt: 'a lighthouse', size: '2048x2048' }, patient));
    await until(() => scheduler.status().running === 1);
    await server.drain();
    expect(await first).toMatchObject({ status: 503, code: 'closed' });
  });
});
