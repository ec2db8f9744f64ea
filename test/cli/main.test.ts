import { execFile } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { Ended } from './run.js';

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
});
