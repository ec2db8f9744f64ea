import { expect, test } from 'vitest';
import { codeSpan, escaped, linkTarget } from '../../../src/report/evaluation/markdown.js';

test('text stays text, on one line', () => {
  expect(escaped('a|b\r\nc')).toBe(String.raw`a\|b c`);
  expect(escaped('_a_ `b` <c> [d] \\')).toBe(String.raw`\_a\_ \`b\` \<c\> \[d\] \\`);
  expect(escaped('R&D &lt; &#60;')).toBe(String.raw`R&D \&lt; \&#60;`);
  expect(escaped('1. first')).toBe(String.raw`1\. first`);
  expect(escaped('- 1')).toBe(String.raw`\- 1`);
  for (const plain of ['1.25', '-', '95.6 ± 12.3', 'tetriserve (scaleUp false)', 'no scale-up']) {
    expect(escaped(plain)).toBe(plain);
  }
});

test('code may hold fences', () => {
  expect(codeSpan('tetri evaluate')).toBe('`tetri evaluate`');
  expect(codeSpan('a `` b\n`c`')).toBe('``` a `` b `c` ```');
});

test('a link may hold spaces and brackets', () => {
  expect(linkTarget('evaluation/rate-h100.svg')).toBe('evaluation/rate-h100.svg');
  expect(linkTarget('my (dir) #1/a.svg')).toBe('my%20%28dir%29%20%231/a.svg');
});
