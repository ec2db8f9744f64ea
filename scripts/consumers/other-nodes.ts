import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { manifest } from '../entry-points.mjs';
import { run, step } from '../steps.mjs';
import { runCommand, runProgram, type NodeProgram } from './on-node.js';

/** The oldest that the package is said to run on, and the newest of each later line for servers. */
const versions = ['20.19.0', '22.23.3', '24.21.0'];

/** Tests of what depends most on the Node that runs it: timers, promises, streams, files; and of the core, as a sample of the rest. */
const tests = [
  'test/model',
  'test/profile',
  'test/clock',
  'test/scheduler/live/',
  'test/scheduler/journal/file-journal',
];

/**
 * Runs programs, commands and tests on other versions of Node. Returns the versions that could not be had.
 *
 * @param allowMissing - whether a version that npm does not hand out is passed over, and not a failure
 */
export async function tryOtherNodes(project: string, allowMissing: boolean): Promise<readonly string[]> {
  const missing: string[] = [];
  await step('the oldest Node', () => {
    const [oldest] = versions;
    if (!`${oldest}.`.startsWith(`${manifest.engines.node.replace('>=', '')}.`))
      throw new Error(`package.json promises ${manifest.engines.node}, and ${oldest} is the oldest that is tried`);
    return `${oldest}, as package.json promises`;
  });
  for (const version of versions) {
    const { node, problem } = getNode(version);
    if (problem !== undefined && allowMissing) {
      console.log(`SKIPPED Node ${version}: ${problem}`);
      missing.push(version);
      continue;
    }
    const isThere = await step(`Node ${version}: is there`, () => {
      if (problem !== undefined) throw new Error(problem);
      return checkVersion(node, version);
    });
    if (!isThere) continue;
    await step(`Node ${version}: ES modules`, () => runProgram(node, project, 'typescript/out/all.js'));
    await step(`Node ${version}: JSDoc`, () => runProgram(node, project, 'jsdoc/main.js'));
    await step(`Node ${version}: CommonJS`, () => runProgram(node, project, 'commonjs/main.cjs'));
    await step(`Node ${version}: command`, () => runCommand(node, project));
    await step(`Node ${version}: tests`, () => runTests(node));
  }
  return missing;
}

/** Gets a Node from npm, where the programs of each platform are packages; `problem` if that does not work. */
function getNode(version: string): { readonly node: NodeProgram; readonly problem?: string } {
  const prefix = resolve('node_modules/.cache/nodes', version);
  const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const folder = join(prefix, `node_modules/node-${platform}/bin`);
  const node = { command: join(folder, 'node'), folder };
  if (existsSync(node.command)) return { node };
  const quiet = ['--silent', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--no-save'];
  try {
    run('npm', ['install', ...quiet, '--prefix', prefix, `node-${platform}@${version}`]);
    return { node };
  } catch (error) {
    return { node, problem: `node-${platform}@${version} could not be had: ${String(error)}` };
  }
}

function checkVersion({ command }: NodeProgram, version: string): string {
  const found = run(command, ['--version']).trim();
  if (found !== `v${version}`) throw new Error(`${command} is ${found}`);
  return command;
}

function runTests(node: NodeProgram): string {
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', '--testTimeout', '60000', ...tests];
  const output = run(node.command, args, { path: [node.folder], env: { NO_COLOR: '1' } });
  return output.match(/Tests\s+(.*passed.*)/)?.[1] ?? output;
}
