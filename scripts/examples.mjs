/** Runs every example against the sources and fails if one fails. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const files = readdirSync('examples').filter((file) => file.endsWith('.ts'));
for (const file of files) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', `examples/${file}`], {
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
