/** What `import '@tetri/scheduler'` adds to a web page: everything bundled and minified. Fails above the budget. */
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const budgetKb = 20;

const { outputFiles } = await build({
  entryPoints: ['src/index.ts'],
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  write: false,
});
const code = outputFiles[0]?.contents ?? new Uint8Array();
const [minified, zipped] = [code.length / 1000, gzipSync(code, { level: 9 }).length / 1000];
console.log(`${minified.toFixed(1)} KB minified, ${zipped.toFixed(1)} KB gzip (budget ${budgetKb} KB)`);
if (zipped > budgetKb) process.exitCode = 1;
