import autocannon, { type Request } from 'autocannon';
import { expect, test } from 'vitest';
import { metric, startServer, until } from './start-server.js';

const path = '/v1/images/generations';
const asks: Request[] = ['256x256', '512x512', '1024x1024', '2048x2048'].flatMap((size) =>
  [1, 2].map((n) => ({
    ...{ method: 'POST' as const, path, headers: { 'content-type': 'application/json' } },
    body: JSON.stringify({ prompt: `a lighthouse, ${size}`, size, n, slo_ms: 3000 }),
  })),
);

test('under far too much load, everybody is answered, and nothing is left behind', async () => {
  // Sixteen fit in, where sixty-four clients ask, as soon as they have an answer, for one or two.
  const { url, server } = await startServer({ speed: 10, pictureBytes: 64 * 1024, maxRequests: 16 });
  const { statusCodeStats, non2xx, errors, ...result } = await autocannon({
    ...{ url, requests: asks, connections: 64, amount: 400, timeout: 60 },
  });
  expect(errors).toBe(0);
  expect(Object.keys(statusCodeStats ?? {}).sort()).toEqual(['200', '429']);
  expect(result['2xx'] + non2xx).toBe(400);
  expect(await metric(server, 'http_answers_total')).toBe(400);

  // Nobody has to wait for the end of a request, but for one that was taken back as the other of two was refused.
  const submitted = await metric(server, 'tetri_requests_submitted_total');
  await until(async () => (await metric(server, 'tetri_requests_settled_total')) === submitted);
  expect(await metric(server, 'tetri_requests_settled_total', { status: 'failed' })).toBe(0);
  expect(await metric(server, 'tetri_requests')).toBe(0);
  // More were made than there is room for.
  expect(await metric(server, 'pictures_kept_bytes')).toBeLessThanOrEqual(64 * 1024);
  const made = submitted - (await metric(server, 'tetri_requests_settled_total', { status: 'refused' }));
  expect(await metric(server, 'pictures_kept')).toBeLessThan(made);
  // Of the requests themselves nothing is kept.
  expect(server.board.entries.size).toBe(0);
  const { completed, failed, cancelled, refused } = server.board.ended;
  expect(completed + failed + cancelled + refused).toBe(submitted + server.board.unasked);
}, 120_000);
