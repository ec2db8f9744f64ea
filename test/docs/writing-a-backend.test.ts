import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { correct, register } from '../testing/backend-suite.js';

const guide = readFileSync('docs/writing-a-backend.md', 'utf8');

/** A text without its indentation, so that a part of a file can stand for itself. */
function flat(text: string): string {
  return text.replace(/^ +/gm, '').trim();
}

describe('docs/writing-a-backend.md', () => {
  const blocks = [...guide.matchAll(/<!-- from: (\S+) -->\s+```ts\n([^]*?)```/g)].map((match) => ({
    path: match[1]!,
    text: match[2]!,
  }));

  test('shows code', () => {
    expect(blocks.length).toBeGreaterThan(5);
  });

  test.each(blocks)('shows what is in $path', ({ path, text }) => {
    expect(flat(readFileSync(path, 'utf8'))).toContain(flat(text));
  });

  test('names cases that exist', () => {
    const names = [...register(correct).cases.keys()];
    const rows = guide.slice(guide.indexOf('## Common mistakes')).matchAll(/\| +([a-z ]+: [^|]+?) +\|/g);
    const named = [...rows].map((match) => match[1]!.split(', of requests')[0]!);
    expect(named).toHaveLength(12);
    for (const name of named) expect(names).toContain(name);
  });

  test('names files that exist', () => {
    const links = [...guide.matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => match[1]!);
    expect(links).toEqual(['../examples/custom-backend.ts']);
  });
});
