import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('examples/README.md has a line for every example', () => {
  const readme = readFileSync('examples/README.md', 'utf8');
  const there = readdirSync('examples', { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return [`${entry.name}/`];
    return entry.name.endsWith('.ts') ? [entry.name] : [];
  });
  expect(there.length).toBeGreaterThan(5);
  for (const name of there) expect(readme).toContain(`[${name}](${name}`);
});
