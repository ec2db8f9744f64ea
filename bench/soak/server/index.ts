/**
 * `npm run soak:server -- [seconds] [clients]`: the image server of the examples as a process, on simulated GPUs ten times as fast as H100s, and
 * clients that ask again as soon as they have an answer, some of whom go before they have it. Prints what they got and what the server
 * takes, and fails if a request was lost or the memory grows.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import autocannon, { type Request } from 'autocannon';
import Table from 'cli-table3';
import { min } from 'd3-array';

const [seconds = 60, clients = 64] = process.argv.slice(2).map(Number);
const path = '/v1/images/generations';
const headers = { 'content-type': 'application/json' };

/** The server, and where it listens. */
async function start() {
  // Garbage is collected every second, so that what is left of the heap tells something.
  const collect = ['--expose-gc', '--import', 'data:text/javascript,setInterval(gc, 1000).unref()'];
  const args = [...collect, '--import', 'tsx', 'examples/image-server/main.ts', '--port', '0', '--speed', '10'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface(child.stdout)) {
    const listening = /listening at (http:[^"]+)/.exec(line);
    if (listening !== null) return { child, url: listening[1]! };
  }
  throw new Error('the server ended');
}

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
  const body = JSON.stringify({ prompt: 'never mind', size: '2048x2048', stream: true, slo_ms: 10_000 });
  const signal = AbortSignal.timeout(200);
  await fetch(url + path, { method: 'POST', headers, body, signal })
    .then((response) => response.text())
    .catch(() => undefined);
}

const { child, url } = await start();
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
const parts = 6;
for (let part = 1; part <= parts; part++) {
  const sampled: number[] = [];
  const sample = setInterval(() => {
    void scrape(url).then((read) => sampled.push(read('nodejs_heap_size_used_bytes') / 2 ** 20));
    void goEarly(url);
  }, 500);
  const result = await autocannon({
    url,
    requests: asks,
    connections: clients,
    duration: seconds / parts,
    timeout: 60,
  });
  clearInterval(sample);
  const { '2xx': completed, non2xx, errors, latency, statusCodeStats = {} } = result;
  const busy = (statusCodeStats as Record<string, { count: number }>)['429']?.count ?? 0;
  const read = await scrape(url);
  // The least of many is what was left after a collection.
  heaps.push(min(sampled) ?? NaN);
  table.push([
    ...[Math.round((part * seconds) / parts), completed, busy, non2xx - busy + errors, latency.p50, latency.p99],
    ...[heaps.at(-1)!.toFixed(1), (read('process_resident_memory_bytes') / 2 ** 20).toFixed(0)],
    (read('pictures_kept_bytes') / 2 ** 20).toFixed(2),
  ]);
}
// Those who were cut off at the end are cancelled at the next step.
await new Promise((resolve) => setTimeout(resolve, 2000));
const read = await scrape(url);
child.kill('SIGTERM');
const [code] = (await once(child, 'exit')) as [number];

console.log(table.toString());
const [submitted, settled] = [read('tetri_requests_submitted_total'), read('tetri_requests_settled_total')];
const of = (status: string): number => read('tetri_requests_settled_total', new RegExp(`status="${status}"`));
const statuses = ['on-time', 'late', 'cancelled', 'failed', 'refused'].map((status) => `${of(status)} ${status}`);
console.log(`${submitted} requests submitted, ${settled} ended: ${statuses.join(', ')}`);
console.log(`${read('requests_refused_unasked_total')} more refused unasked; the server ended with ${code}`);
// The first part warms up.
const growth = heaps.at(-1)! / heaps[1]! - 1;
console.log(`the heap grew by ${(100 * growth).toFixed(0)} % from the second part to the last`);
if (submitted !== settled || of('failed') > 0 || code !== 0 || growth > 0.25) process.exitCode = 1;
