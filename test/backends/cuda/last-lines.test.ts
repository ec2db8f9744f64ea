import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLastLines } from '../../../src/backends/cuda/launcher/last-lines.js';

describe('the last lines', () => {
  it('are those of the text, in whatever pieces it comes', () => {
    const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n') }), { maxLength: 20 });
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 5 }), (texts, count) => {
        const told: string[] = [];
        const last = createLastLines(count, (line) => told.push(line));
        for (const text of texts) last.push(text);
        const lines = texts.join('').split('\n');
        const rest = lines.pop()!;
        expect(told).toEqual(lines);
        expect(last.lines()).toEqual([...lines.slice(-count), ...(rest === '' ? [] : [rest])]);
      }),
    );
  });

  it('are cut where they are far too long', () => {
    const told: string[] = [];
    const last = createLastLines(2, (line) => told.push(line));
    last.push(`${'x'.repeat(100_000)}\nshort\n`);
    expect(told.map(({ length }) => length)).toEqual([2003, 5]);
    expect(last.lines()).toEqual([`${'x'.repeat(2000)}...`, 'short']);
  });

  it('take no more memory when nobody ends a line', () => {
    const told: string[] = [];
    const last = createLastLines(3, (line) => told.push(line));
    for (let piece = 0; piece < 1000; piece++) last.push('x'.repeat(999));
    const kept = last.lines();
    expect(kept.length).toBeLessThanOrEqual(4);
    expect(kept.join('').length).toBeLessThan(3 * 2100 + 4100);
    expect(told.every(({ length }) => length <= 2003)).toBe(true);
  });
});
