import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readPage } from '../../scripts/site/markdown.mjs';
import { correct, register } from '../testing/backend-suite.js';

const guide = readFileSync('docs/writing-a-backend.md', 'utf8');

describe('docs/writing-a-backend.md', () => {
  test('shows code of files that are tested', () => {
    const { blocks } = readPage('docs/writing-a-backend.md');
    expect(blocks.filter(({ marks }) => marks.has('from')).length).toBeGreaterThan(5);
  });

  test('names cases that exist', () => {
    const names = [...register(correct).cases.keys()];
    const rows = guide.slice(guide.indexOf('## Common mistakes')).matchAll(/\| +([a-z ]+: [^|]+?) +\|/g);
    const named = [...rows].map((match) => match[1]!.split(', of requests')[0]!);
    expect(named).toHaveLength(12);
    for (const name of named) expect(names).toContain(name);
  });
});
