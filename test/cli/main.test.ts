import { execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder, type Ended } from './run.js';

/** Runs a shell command in which `tetri` is the command from the sources. */
function shell(command: string, input = ''): Promise<Ended> {
  const script = `tetri() { "${process.execPath}" --import tsx src/cli/main.ts "$@"; }; ${command}`;
  return new Promise((resolve) => {
    const child = execFile('bash', ['-c', script], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
    child.stdin?.end(input);
  });
}

describe.concurrent('the command', { timeout: 60_000 }, () => {
  test('simulates, and measures planning times', async () => {
    const { code, stdout, stderr } = await shell('tetri simulate --requests 20 --json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { runs } = JSON.parse(stdout) as { runs: readonly { planning: { meanUs: number } }[] };
    expect(runs[0]?.planning.meanUs).toBeGreaterThan(0);
  });

  test('plans from stdin', async () => {
    const input = '{"nowMs":0,"profile":"flux.1-dev_h100","gpus":[{"id":0}],"requests":[]}';
    const { code, stdout } = await shell('tetri plan', input);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ startMs: 0, assignments: [] });
  });

  test('refuses bad arguments with exit code 2 and one line', async () => {
    const expected = "option '--gpus <n>' argument '8x' is invalid. Expected a whole number from 1 to 4096.";
    expect(await shell('tetri simulate --gpus 8x')).toEqual({ code: 2, stdout: '', stderr: `tetri: ${expected}\n` });
  });

  test('does not mind a reader that leaves early', async () => {
    const command = 'tetri simulate --requests 20 | true; echo "${PIPESTATUS[0]}"';
    expect(await shell(command)).toEqual({ code: 0, stdout: '0\n', stderr: '' });
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('ends its workers at %s, and says so', async (signal) => {
    const folder = temporaryFolder();
    const [python, pid, output] = ['python', 'pid', 'profile.json'].map((name) => join(folder, name)) as [
      ...[string, string, string],
    ];
    // A worker that never gets ready, as one that loads a large model.
    writeFileSync(python, `#!/bin/sh\necho $$ > ${pid}.new; mv ${pid}.new ${pid}; exec sleep 60\n`);
    chmodSync(python, 0o700);
    const script = ['--import', 'tsx', 'src/cli/main.ts', 'profile', '--backend', 'cpu', '--model', 'tiny-flux'];
    const options = ['--shapes', '64x64', '--degrees', '1', '--python', python, '-o', output];
    const child = spawn(process.execPath, [...script, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = new Promise((resolve) => child.once('close', resolve));
    while (!existsSync(pid)) await delay(20);
    child.kill(signal);
    expect(await ended).toBe(130);
    expect(stderr).toBe('tetri: interrupted; nothing was written\n');
    const worker = Number(readFileSync(pid, 'utf8'));
    expect(() => process.kill(worker, 0)).toThrow('ESRCH');
    expect(existsSync(output)).toBe(false);
  });
});
