import { describe, expect, test } from 'vitest';
import { timeless } from '../../scripts/site/program-output.mjs';

const table = `8 GPUs, best-effort

policy   SLO met     mean      mean       p99
                  latency  planning  planning
-------  -------  -------  --------  --------
horizon   88.0 %  3.36 ms   0.87 ms  16.49 ms
edf       -5.0 %   4.30 s   0.92 ms   8.64 ms

Ends at 12.50 ms.
`;

describe('timeless()', () => {
  test('takes the times of planning for the same, whatever their width', () => {
    const other = table
      .replace(' 0.87 ms', '13.27 ms')
      .replace(/ {7}p99$/m, '      p99')
      .replace(/planning$/m, 'planning'.padStart(9))
      .replace(/ {2}-{8}$/m, `  ${'-'.repeat(9)}`)
      .replace(' 16.49 ms', ' 116.49 ms')
      .replace(/ {2}8.64 ms/, '   8.64 ms');
    expect(other).not.toBe(table);
    expect(timeless(other)).toBe(timeless(table));
  });

  test.each([
    ['best-effort', 'best effort'],
    ['-5.0 %', ' 5.0 %'],
    ['3.36 ms', '3.37 ms'],
    ['12.50 ms', '12.51 ms'],
    ['horizon ', 'horizons'],
    ['0.87 ms', '   0.87'],
    ['4.30 s', '4.31 s'],
  ])('does not take %s for %s', (before, after) => {
    const other = table.replace(before, after);
    expect(other).not.toBe(table);
    expect(timeless(other)).not.toBe(timeless(table));
  });
});
