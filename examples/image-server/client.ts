/**
 * A client of the image server: OpenAI's own, with a deadline for each request. `npx tsx examples/image-server/client.ts` writes what it
 * gets to `demo-output/`; give the address as an argument if it is not http://127.0.0.1:8080.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import OpenAI from 'openai';

const [address = 'http://127.0.0.1:8080', prompt = 'a large red circle at the center on a plain blue background'] =
  process.argv.slice(2);
// It tries again by itself when the server is too busy, as late as `retry-after` says.
const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: 'none' });

const stream = await client.images.generate({ prompt, stream: true }, { headers: { 'x-slo-ms': '30000' } });
for await (const event of stream as AsyncIterable<ServerEvent>) {
  if (event.type === 'image_generation.progress') {
    const { status, steps_done: done, steps, degree } = event;
    console.log(status, ...(done === undefined ? [] : [`step ${done} of ${steps} on ${degree} GPUs`]));
  }
  if (event.type === 'image_generation.completed') {
    mkdirSync('demo-output', { recursive: true });
    writeFileSync('demo-output/picture.png', Buffer.from(event.b64_json, 'base64'));
    const late = event.on_time ? 'in time' : 'late';
    console.log(`demo-output/picture.png: ${event.size}, ${event.latency_ms} ms, ${late}`);
  }
}

/** What the server tells: events of OpenAI's with a little more, and progress of its own. */
type ServerEvent =
  | { type: 'image_generation.progress'; status: string; steps_done?: number; steps?: number; degree?: number }
  | { type: 'image_generation.partial_image'; b64_json: string; partial_image_index: number }
  | { type: 'image_generation.completed'; b64_json: string; size: string; latency_ms: number; on_time: boolean };
