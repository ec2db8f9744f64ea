import { spawnSync } from 'node:child_process';
import { parse } from 'shell-quote';

/**
 * What an example, or a `tetri` command, prints.
 *
 * @param {string} program such as `examples/plan-round.ts` or `tetri profiles`
 * @throws Error if it fails, or writes to stderr
 */
export function outputOf(program) {
  const words = parse(program).map(String);
  const argv = words[0] === 'tetri' ? ['src/cli/main.ts', ...words.slice(1)] : words;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', ...argv], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
  });
  if (status !== 0 || stderr !== '') throw new Error(`${program} ended with ${String(status)}: ${stderr}`);
  return stdout;
}

/**
 * A text without the times that something took, and without the width of the columns that they stand in: those differ from run to run.
 *
 * @param {string} text
 */
export function timeless(text) {
  return text
    .replace(/\d+\.\d+ ms/g, 'N ms')
    .replace(/[ -]+/g, ' ')
    .trimEnd();
}
