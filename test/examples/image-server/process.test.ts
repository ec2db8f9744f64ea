import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import OpenAI from 'openai';
import { describe, expect, onTestFinished, test } from 'vitest';
import { patient } from './start-server.js';

/** The server as a process of its own. */
async function startProcess(...flags: string[]) {
  const args = ['--import', 'tsx', 'examples/image-server/main.ts', '--port', '0', ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const { msg } = JSON.parse(line) as { msg: string };
      lines.push(msg);
      const listening = /listening at (\S+)/.exec(msg);
      if (listening !== null) resolve(listening[1]!);
    });
    exited.then(([code]) => reject(new Error(`it ended with ${code}: ${lines.join('\n')}`)), reject);
  });
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
  return { child, url, exited, client, lines };
}

describe('the server as a process', { timeout: 120_000 }, () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('finishes what it accepted on %s, and ends well', async (signal) => {
    const { child, exited, client, lines } = await startProcess('--speed', '2');
    const stream = await client.images.generate({ prompt: 'a lighthouse', size: '1024x1024', stream: true }, patient);
    const types: string[] = [];
    for await (const event of stream) {
      // At the first sign of life.
      if (types.length === 0) child.kill(signal);
      types.push(event.type);
    }
    expect(types.at(-1)).toBe('image_generation.completed');
    expect(await exited).toEqual([0, null]);
    expect(lines).toContain(`${signal}: finishing what was accepted`);
  });

  test('shows metrics of the process beside its own', async () => {
    const { url } = await startProcess();
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
    expect(text).toMatch(/^tetri_gpus\{state="idle"\} \d+$/m);
  });

  test.each([
    [['--backend', 'cuda'], '--backend cuda needs --model'],
    [['--backend', 'cuda', '--model', 'flux:/nowhere'], '--backend cuda needs --profile'],
    [['--profile', 'hunyuanvideo_l20'], 'has no sizes of images'],
  ])('%j ends with what is wrong', async (flags, message) => {
    const args = ['--import', 'tsx', 'examples/image-server/main.ts', '--port', '0', ...flags];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(1);
    expect(said).toContain(message);
  });
});
