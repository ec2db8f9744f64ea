import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import OpenAI from 'openai';
import { describe, expect, onTestFinished, test } from 'vitest';
import { patient } from './start-server.js';

/** The server as a process of its own. */
async function startProcess(flags: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const args = ['--import', 'tsx', 'examples/image-server/main.ts', '--port', '0', ...flags];
  const child = spawn(process.execPath, args, {
    ...{ stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } },
  });
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
    const { child, exited, client, lines } = await startProcess(['--speed', '2']);
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

  test('that is stopped while its GPUs are being opened ends well, and does not wait for them', async () => {
    // A worker that says nothing, as one that loads for an hour.
    const folder = mkdtempSync(join(tmpdir(), 'image-server-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const python = join(folder, 'python');
    writeFileSync(python, '#!/bin/sh\nexec sleep 3600\n', { mode: 0o755 });
    const { child, exited, lines, url } = await startProcess(['--backend', 'cpu'], { TETRI_PYTHON: python });
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'opening' });
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(lines).toContain('SIGTERM: finishing what was accepted');
    // It was not the grace period that ended it.
    expect(lines.join('\n')).not.toContain('killed by timeout');
  });

  test.each([
    ['in its flags', ['--profile', 'none.json'], {}, /^ENOENT: no such file or directory, open 'none.json'\n$/],
    ['with its GPUs', ['--backend', 'cpu'], { TETRI_PYTHON: '/nonexistent/python' }, /nonexistent\/python/],
  ])('ends with what is wrong %s', async (_, flags, env, expected) => {
    const args = ['--import', 'tsx', 'examples/image-server/main.ts', '--port', '0', ...flags];
    const child = spawn(process.execPath, args, {
      ...{ stdio: ['ignore', 'ignore', 'pipe'] as ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect(said).toMatch(expected);
    expect(code).toBe(1);
  });
});
