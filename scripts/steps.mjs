import { execFileSync } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** The steps that failed. @type {string[]} */
const problems = [];

/** Where the tools of this project are. */
const tools = join(process.cwd(), 'node_modules/.bin');

/**
 * Runs a command, found among the tools of this project too; returns what it printed, throws if it failed.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, path?: readonly string[], env?: Readonly<Record<string, string>> }} [options] `path`: folders to look
 * for commands in, before all others
 */
export function run(command, args, { cwd = process.cwd(), path = [], env = {} } = {}) {
  const folders = [...path, tools, process.env['PATH']].join(delimiter);
  return execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env, PATH: folders },
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 26,
  });
}

/**
 * Does a step, and says how it went; returns whether it passed.
 *
 * @param {string} name
 * @param {() => string | Promise<string>} check returns what to print; throws if it fails
 */
export async function step(name, check) {
  const start = performance.now();
  try {
    const said = (await check()).trim();
    console.log(`ok     ${name} (${((performance.now() - start) / 1000).toFixed(1)} s): ${said}`);
    return true;
  } catch (error) {
    const { stdout, message } = /** @type {Error & { stdout?: string }} */ (error);
    problems.push(name);
    console.log(`FAILED ${name}: ${message}\n${stdout ?? ''}`);
    return false;
  }
}

/** @param {readonly string[]} found what is wrong */
export function expectNone(found) {
  if (found.length > 0) throw new Error(found.join('\n       '));
}

/** Ends with a failure if a step failed. */
export function conclude() {
  if (problems.length === 0) return;
  console.log(`Failed: ${problems.join(', ')}`);
  process.exitCode = 1;
}

/**
 * Packs what would be published, built anew, into a folder.
 *
 * @param {string} folder
 * @returns {{ tarball: string, files: readonly string[], size: number, unpackedSize: number }}
 */
export function pack(folder) {
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--silent', '--pack-destination', folder]));
  const { filename, files, size, unpackedSize } = packed;
  const paths = files.map((/** @type {{ path: string }} */ { path }) => path);
  return { tarball: join(folder, filename), files: paths, size, unpackedSize };
}
