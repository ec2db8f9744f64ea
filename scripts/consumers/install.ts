import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from '../steps.mjs';

/**
 * Makes a project in `folder`, with the programs that try the package, and installs the package and `others` into it as strangers
 * would: from a tarball, and no script is run.
 */
export function install(folder: string, tarball: string, others: readonly string[]): void {
  mkdirSync(folder);
  writeFileSync(`${folder}/package.json`, JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  const quiet = ['--silent', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  // Peers are installed where they are named, and only there.
  run('npm', ['install', ...quiet, tarball, ...others], { cwd: folder });
  cpSync(fileURLToPath(new URL('projects', import.meta.url)), folder, { recursive: true });
}
