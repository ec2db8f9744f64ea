import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { manifest } from '../entry-points.mjs';
import { run } from '../steps.mjs';

/** Where a Node is: its command, and the folder of it, to come first where programs look for `node`. */
export interface NodeProgram {
  readonly command: string;
  readonly folder: string;
}

/** Runs a program that has to print `ok` last, and nothing where Node writes its warnings. */
export function runProgram(node: NodeProgram, project: string, file: string): string {
  const env = { ...process.env, NODE_OPTIONS: '' };
  const { status, stdout, stderr } = spawnSync(node.command, [file], { cwd: project, encoding: 'utf8', env });
  if (status !== 0 || stderr !== '' || !stdout.endsWith(': ok\n')) throw new Error(`${status}\n${stdout}\n${stderr}`);
  return stdout.trim().replaceAll('\n', ', ');
}

/** Fails if the command does not run on this Node, does not know its version, or simulates something else than asked. */
export function runCommand(node: NodeProgram, project: string): string {
  const tetri = (...args: string[]): string =>
    run(join(project, 'node_modules/.bin/tetri'), args, { cwd: project, path: [node.folder] });
  const version = tetri('--version').trim();
  if (version !== manifest.version) throw new Error(`it says ${version}, package.json says ${manifest.version}`);
  const help = tetri('--help');
  if (!help.startsWith('Usage: tetri')) throw new Error(`it printed ${JSON.stringify(help.slice(0, 200))}`);
  const { runs } = JSON.parse(tetri('simulate', '--requests', '20', '--policy', 'horizon,edf', '--json')) as {
    runs: { policy: string; requests: number }[];
  };
  const told = runs.map(({ policy, requests }) => `${policy}: ${requests}`).join(', ');
  if (told !== 'horizon: 20, edf: 20') throw new Error(`it simulated ${told}`);
  return `tetri ${version}, ${told} requests`;
}
