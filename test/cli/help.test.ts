import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.js';
import { policyNames } from '../../src/policies/index.js';
import { builtinProfileNames } from '../../src/profile/index.js';
import { run, small } from './run.js';

test.each([
  [['--help'], ['Usage: tetri', 'simulate', 'capacity', 'plan', 'profiles', 'Exit codes:']],
  [['help'], ['Usage: tetri']],
  [
    ['simulate', '--help'],
    ['Usage: tetri simulate', 'Examples:', ...policyNames],
  ],
  [['help', 'simulate'], ['Usage: tetri simulate']],
  [
    ['capacity', '--help'],
    ['Usage: tetri capacity', 'Examples:', 'Exit code 3', 'echarts', ...policyNames],
  ],
  [
    ['evaluate', '--help'],
    ['Usage: tetri evaluate', 'Examples:', '--print-grid', 'echarts'],
  ],
  [
    ['plan', '--help'],
    ['Usage: tetri plan', 'Example:', 'RoundInput'],
  ],
  [
    ['profile', '--help'],
    ['Usage: tetri profile', 'Examples:', 'Ctrl-C'],
  ],
])('%j', async (argv, words) => {
  const { code, stdout, stderr } = await run(argv);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const word of words) expect(stdout).toContain(word);
});

test('--version', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(await run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test('profiles', async () => {
  const { code, stdout } = await run(['profiles']);
  expect(code).toBe(0);
  for (const name of builtinProfileNames) expect(stdout).toMatch(new RegExp(`^${name.replaceAll('.', '\\.')} `, 'm'));
  expect(stdout).toMatch(
    /^flux\.1-dev_h100 +NVIDIA H100 SXM \(NVLink\) +estimated +1 2 4 8 +256x256 512x512 1024x1024/m,
  );
});

test.each([false, true])(
  'what nobody expected is one line and exit code 1; the stack if asked for: %s',
  async (debug) => {
    let stderr = '';
    const io = {
      stdout: {
        write: () => {
          throw new Error('the disk\nis on fire');
        },
      },
      stderr: { write: (text: string) => (stderr += text) },
      stdinIsTerminal: () => false,
      readStdin: () => Promise.resolve(''),
      clockMs: () => 0,
      debug,
    };
    expect(await runCli(small, io as unknown as Parameters<typeof runCli>[1])).toBe(1);
    const [line, ...stack] = stderr.trimEnd().split('\n');
    expect(line).toBe('tetri: internal error: the disk is on fire');
    expect(stack.some((entry) => entry.startsWith('    at '))).toBe(debug);
  },
);
