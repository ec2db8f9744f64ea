import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

describe('examples/README.md', () => {
  const readme = readFileSync('examples/README.md', 'utf8');

  test('has a line for every example', () => {
    const there = readdirSync('examples', { withFileTypes: true }).flatMap((entry) => {
      if (entry.isDirectory()) return [`${entry.name}/`];
      return entry.name.endsWith('.ts') ? [entry.name] : [];
    });
    expect(there.length).toBeGreaterThan(5);
    for (const name of there) expect(readme).toContain(`[${name}](${name})`);
  });

  test('names no other than the image server, which is being built', () => {
    const named = [...readme.matchAll(/^\| \[([^\]]+)\]/gm)].map((match) => match[1]!);
    expect(named.filter((name) => !existsSync(`examples/${name}`) && name !== 'image-server/')).toEqual([]);
  });
});
