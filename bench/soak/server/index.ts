/**
 * `npm run soak:server -- [seconds] [clients] [speed]`: the image server of the examples as a process, on simulated GPUs as fast as H100s or
 * `speed` times as fast, and clients that ask again as soon as they have an answer, some of whom go before they have it. Prints what they
 * got and what the server takes, and fails if a client got anything but pictures and 429, if a request was lost, if less than half of the
 * pictures were on time, or if the memory grows.
 */
import autocannon, { type Request } from 'autocannon';
import Table from 'cli-table3';
import { min } from 'd3-array';
import { startServerProcess, type ServerProcess } from './server-process.js';

const [seconds = 60, clients = 64, speed = 1] = process.argv.slice(2).map(Number);
const path = '/v1/images/generations';
const headers = { 'content-type': 'application/json' };
const parts = 6;

/** The sums of metrics over their series. */
async function scrape(url: string): Promise<(name: string, labels?: RegExp) => number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return (name, labels = /^/) =>
    text
      .split('\n')
      .filter((line) => line.replace(/[{ ].*/, '') === name && labels.test(line))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

/** One of the clients who go before they have their answer. */
async function goEarly(url: string): Promise<void> {
  const body = JSON.stringify({ prompt: 'never mind', size: '2048x2048', stream: true, slo_ms: 60_000 });
  const signal = AbortSignal.timeout(200);
  await fetch(url + path, { method: 'POST', headers, body, signal })
    .then((response) => response.text())
    .catch(() => undefined);
}

/** What `autocannon()` gives can only be awaited. */
async function measure(load: autocannon.Options): Promise<autocannon.Result> {
  return autocannon(load);
}

/** @returns what is wrong */
async function soak(server: ServerProcess): Promise<string[]> {
  const { url } = server;
  const asks: Request[] = ['256x256', '512x512', '1024x1024', '2048x2048'].flatMap((size) =>
    [1, 2].map((n) => {
      const body = JSON.stringify({ prompt: `a lighthouse, ${size}`, size, n, response_format: 'b64_json' });
      return { method: 'POST' as const, path, headers, body };
    }),
  );
  const table = new Table({
    head: ['s', '200', '429', 'others', 'p50 ms', 'p99 ms', 'heap MB', 'resident MB', 'kept MB'],
    style: { head: [], border: [] },
  });
  const heaps: number[] = [];
  let [pictures, unexpected, unread] = [0, 0, 0];
  for (let part = 1; part <= parts; part++) {
    const sampled: number[] = [];
    const sample = setInterval(() => {
      scrape(url).then(
        (read) => sampled.push(read('nodejs_heap_size_used_bytes') / 2 ** 20),
        () => unread++,
      );
      void goEarly(url);
    }, 500);
    const load = { url, requests: asks, connections: clients, duration: seconds / parts, timeout: 60 };
    const result = await measure(load).finally(() => clearInterval(sample));
    const { '2xx': completed, non2xx, errors, latency, statusCodeStats = {} } = result;
    const busy = (statusCodeStats as Record<string, { count: number }>)['429']?.count ?? 0;
    const read = await scrape(url);
    // The least of many is what was left after a collection.
    heaps.push(min(sampled) ?? NaN);
    pictures += completed;
    unexpected += non2xx - busy + errors;
    table.push([
      ...[Math.round((part * seconds) / parts), completed, busy, non2xx - busy + errors, latency.p50, latency.p99],
      ...[heaps.at(-1)!.toFixed(1), (read('process_resident_memory_bytes') / 2 ** 20).toFixed(0)],
      (read('pictures_kept_bytes') / 2 ** 20).toFixed(2),
    ]);
  }
  // Those who were cut off at the end are cancelled at the next step.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const read = await scrape(url);
  const code = await server.stop();

  console.log(table.toString());
  const [submitted, settled] = [read('tetri_requests_submitted_total'), read('tetri_requests_settled_total')];
  const of = (status: string): number => read('tetri_requests_settled_total', new RegExp(`status="${status}"`));
  const statuses = ['on-time', 'late', 'cancelled', 'failed', 'refused'].map((status) => `${of(status)} ${status}`);
  const onTime = of('on-time') / (of('on-time') + of('late'));
  const growth = heaps.at(-1)! / heaps[1]! - 1;
  console.log(`${submitted} requests submitted, ${settled} ended: ${statuses.join(', ')}`);
  console.log(`${read('requests_refused_unasked_total')} more refused unasked; the server ended with ${code}`);
  console.log(`${(100 * onTime).toFixed(0)} % of the pictures were on time`);
  // The first part warms up.
  console.log(`the heap grew by ${(100 * growth).toFixed(0)} % from the second part to the last`);
  // What is no number passes none of these.
  const checks: [string, boolean][] = [
    ['nobody got a picture', pictures > 0],
    [`${unexpected} answers were neither pictures nor 429`, unexpected === 0],
    [`${unread} times there were no metrics`, unread === 0],
    ['requests were lost', submitted > 0 && submitted === settled],
    ['requests failed', of('failed') === 0],
    ['less than half of the pictures were on time', onTime >= 0.5],
    ['the server ended badly', code === 0],
    ['the memory grows, or was not seen', growth <= 0.25],
  ];
  return checks.flatMap(([wrong, isRight]) => (isRight ? [] : [wrong]));
}

const server = await startServerProcess(['--speed', String(speed)]);
try {
  for (const wrong of await soak(server)) {
    console.error(`wrong: ${wrong}`);
    process.exitCode = 1;
  }
} finally {
  server.kill();
}
