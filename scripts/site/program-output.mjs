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
 * A text without the times that planning took, and without the width of the columns that they stand in: those differ from run to run.
 * All else that is printed is the same each time.
 *
 * @param {string} text
 */
export function timeless(text) {
  return text.split('\n\n').map(withoutPlanningTimes).join('\n\n').trimEnd();
}

/**
 * A table without the times in its columns of planning; any other paragraph as it is.
 *
 * @param {string} paragraph
 */
function withoutPlanningTimes(paragraph) {
  const lines = paragraph.split('\n');
  const at = lines.findIndex((line) => /^-+( {2}-+)+$/.test(line));
  const [heads, rule] = [lines[at - 1] ?? '', lines[at] ?? ''];
  const planning = [...rule.matchAll(/-+/g)]
    .map(({ 0: { length }, index }) => ({ from: index, to: index + length }))
    .filter(({ from, to }) => heads.slice(from, to).trim() === 'planning');
  return lines
    .map((line) =>
      planning.reduceRight((rest, { from, to }) => {
        const cell = rest.slice(from, to).trim();
        return rest.slice(0, from) + cell.replace(/^\d+\.\d+ ms$/, 'N ms').replace(/^-+$/, '-') + rest.slice(to);
      }, line),
    )
    .join('\n');
}
