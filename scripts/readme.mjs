/** Puts the examples that the README shows, and what they print, into it. `test/docs` fails where that was forgotten. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

/**
 * @param {string} text the README
 * @param {'example' | 'output'} kind which blocks
 * @param {(path: string) => string} contentOf what belongs into the block of an example
 */
function fill(text, kind, contentOf) {
  const pattern = new RegExp(`(<!-- ${kind}: (\\S+) -->\\s+\`\`\`\\w+\\n)[^]*?(\`\`\`)`, 'g');
  return text.replace(pattern, (_, before, path, after) => `${before}${contentOf(path)}${after}`);
}

const shown = fill(readFileSync('README.md', 'utf8'), 'example', (path) => readFileSync(path, 'utf8'));
const filled = fill(
  shown,
  'output',
  (path) => spawnSync(process.execPath, ['--import', 'tsx', path], { encoding: 'utf8' }).stdout,
);
writeFileSync('README.md', filled);
