import { existsSync } from 'node:fs';
import { parse } from 'shell-quote';
import { manifest } from '../../scripts/entry-points.mjs';
import { run } from '../cli/run.js';

/** The commands of a block, as words: lines that end in a backslash go on, and comments are none. */
export function commandsOf(text: string): readonly (readonly string[])[] {
  const lines = text.replace(/\\\n/g, ' ').split('\n');
  return lines.flatMap((line) => {
    const commands: string[][] = [[]];
    for (const part of parse(line)) {
      if (typeof part === 'string') commands.at(-1)!.push(part);
      else if ('op' in part && part.op === '&&') commands.push([]);
      else if (!('comment' in part)) throw new Error(`what is ${JSON.stringify(part)} in "${line}"?`);
    }
    return commands.filter((words) => words.length > 0);
  });
}

const { scripts, ...packages } = manifest as typeof manifest & { readonly scripts: Readonly<Record<string, string>> };
const installable = new Set([
  packages.name,
  ...Object.keys({ ...packages.dependencies, ...packages.peerDependencies, ...packages.devDependencies }),
]);

/** What is wrong with a command; `undefined` if nothing is. Those of `tetri` are run if they may, else their options are looked up. */
export async function problemOf(words: readonly string[], mayRun: boolean): Promise<string | undefined> {
  const [program, first = '', ...rest] = words[0] === 'npx' ? words.slice(1) : words;
  if (program === 'tetri') return mayRun ? failureOf([first, ...rest]) : strangersIn(first, rest);
  if (program === 'npm' && (first === 'ci' || first === 'pkg')) return undefined;
  if (program === 'npm' && first === 'install') {
    const unknown = rest.filter((name) => name !== '-D' && !installable.has(name));
    return unknown.length === 0 ? undefined : `${unknown.join()} is none of our packages`;
  }
  if (program === 'npm') {
    const script = first === 'run' ? rest[0] : first;
    return script !== undefined && Object.hasOwn(scripts, script) ? undefined : `there is no script ${script}`;
  }
  if (program === 'tsx') return existsSync(first) ? undefined : `there is no ${first}`;
  // Needs a server that runs.
  if (program === 'curl' && !mayRun) return undefined;
  return `nobody knows how to check "${words.join(' ')}"`;
}

async function failureOf(argv: readonly string[]): Promise<string | undefined> {
  const { code, stdout, stderr } = await run(argv);
  if (code !== 0) return `it ended with ${code}: ${stderr}`;
  return stdout === '' ? 'it printed nothing' : undefined;
}

async function strangersIn(command: string, rest: readonly string[]): Promise<string | undefined> {
  const { stdout: help } = await run([command, '--help']);
  const known = new Set(help.match(/(?<=\s)-{1,2}[a-z][a-z-]*/g));
  const strangers = rest.filter((word) => word.startsWith('-') && !known.has(word));
  return strangers.length === 0 && known.size > 1 ? undefined : `tetri ${command} has no ${strangers.join()}`;
}
