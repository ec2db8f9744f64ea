import OpenAI from 'openai';
import { PNG } from 'pngjs';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createImageServer } from '../../../examples/image-server/create-image-server.js';
import { createEngine } from '../../../examples/image-server/engines/create-engine.js';
import { readFlags } from '../../../examples/image-server/flags.js';

test.skipIf(!inject('canRunWorkers'))(
  'the image server draws what it is asked for, on CPU workers',
  async () => {
    const engine = await createEngine(readFlags(['node', 'main.ts', '--backend', 'cpu']), () => undefined);
    const server = await createImageServer({ engine, steps: 20, admit: 'all' });
    onTestFinished(() => server.close());
    const url = await server.listen();
    const { status } = await fetch(`${url}/readyz`);
    expect(status).toBe(503);
    await server.service.opened;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);

    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
    const prompt = 'a large red circle at the center on a plain blue background';
    const { data } = await client.images.generate({ prompt, size: '64x64' as 'auto', response_format: 'b64_json' });
    const { width, height, data: pixels } = PNG.sync.read(Buffer.from(data![0]!.b64_json!, 'base64'));
    expect([width, height]).toEqual([64, 64]);
    const at = (x: number, y: number) => [...pixels.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)];
    const [red, , blue] = at(32, 32);
    expect(red).toBeGreaterThan(2 * blue!);
    const corner = at(3, 3);
    expect(corner[2]).toBeGreaterThan(2 * corner[0]!);
  },
  300_000,
);
