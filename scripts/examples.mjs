/** Runs every example against the sources and fails if one fails. An example is a file, or a folder with an `index.ts`. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const files = readdirSync('examples', { withFileTypes: true }).flatMap((entry) => {
  const path = join('examples', entry.name);
  if (entry.isDirectory()) return existsSync(join(path, 'index.ts')) ? [join(path, 'index.ts')] : [];
  return entry.name.endsWith('.ts') ? [path] : [];
});
for (const file of files) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', file], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
  });
  const failed = status !== 0 || stdout === '';
  console.log(`${failed ? 'FAILED' : 'ok    '} ${file} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  if (failed) {
    console.log(stdout === '' ? 'It printed nothing.' : stdout);
    console.log(stderr);
    process.exitCode = 1;
  }
}
console.log(`${files.length} examples`);
