import { spawn } from 'node:child_process';
import { describe, expect, inject, it } from 'vitest';

describe.skipIf(!inject('canRunWorkers'))('the worker package', { timeout: 1_200_000 }, () => {
  it('passes its own tests', async () => {
    // In a process of its own that can be waited for: others go on meanwhile.
    const pytest = spawn('../../../../.venv/bin/python', ['-m', 'pytest', '-p', 'no:cacheprovider'], {
      cwd: 'src/backends/cuda/worker',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    pytest.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    const code = await new Promise<number | null>((resolve) => pytest.on('close', resolve));
    if (code !== 0) console.error(output);
    expect(output).toMatch(/\d+ passed/);
    expect(code).toBe(0);
  });
});
