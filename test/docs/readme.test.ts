import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const readme = readFileSync('README.md', 'utf8');

/** The code blocks that a comment such as `<!-- example: path -->` announces. */
function blocks(kind: 'example' | 'output'): { path: string; text: string }[] {
  const pattern = new RegExp(`<!-- ${kind}: (\\S+) -->\\s+\`\`\`\\w+\\n([^]*?)\`\`\``, 'g');
  return [...readme.matchAll(pattern)].map((match) => ({ path: match[1]!, text: match[2]! }));
}

describe('README', () => {
  test('has an example and its output', () => {
    expect(blocks('example').map(({ path }) => path)).toEqual(['examples/plan-round.ts']);
    expect(blocks('output').map(({ path }) => path)).toEqual(['examples/plan-round.ts']);
  });

  test.each(blocks('example'))('shows $path as it is', ({ path, text }) => {
    expect(text).toBe(readFileSync(path, 'utf8'));
  });

  test.each(blocks('output'))('shows what $path prints', ({ path, text }) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', path], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe(text);
  });

  test('names files that exist', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => match[1]!);
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) expect(readFileSync(link, 'utf8').length).toBeGreaterThan(0);
  });
});
