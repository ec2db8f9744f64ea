import { describe, expect, test } from 'vitest';
import { capacityChart } from '../../../src/report/evaluation/index.js';

interface Line {
  readonly type: string;
  readonly name: string;
  readonly data: readonly (readonly number[])[];
}

function linesOf(chart: ReturnType<typeof capacityChart>): readonly Line[] {
  return (chart.option.series as unknown as readonly Line[]).filter(({ type }) => type === 'line');
}

const trialsOf = (...entries: readonly (readonly [number, readonly number[]])[]) =>
  entries.map(([gpus, attainments]) => ({ gpus, attainments }));

describe('capacityChart()', () => {
  const chart = capacityChart({
    ...{ title: 'GPUs', target: 0.95 },
    policies: [
      { name: 'horizon', trials: trialsOf([8, [0.7, 0.9]], [16, [0.96, 0.98]]) },
      { name: 'edf', trials: trialsOf([16, [0.9, 0.92]], [32, [1, 1]]) },
    ],
  });

  test('has a line a policy, of means over seeds, and one for the target from end to end', () => {
    expect(linesOf(chart).map(({ name, data }) => ({ name, data }))).toEqual([
      {
        name: 'horizon',
        data: [
          [8, 80],
          [16, 97],
        ],
      },
      {
        name: 'edf',
        data: [
          [16, 91],
          [32, 100],
        ],
      },
      {
        name: 'target',
        data: [
          [8, 95],
          [32, 95],
        ],
      },
    ]);
  });

  test('is of one count too', () => {
    const one = capacityChart({ title: '', target: 0.5, policies: [{ name: 'edf', trials: trialsOf([8, [1]]) }] });
    expect(linesOf(one).map(({ data }) => data)).toEqual([[[8, 100]], [[8, 50]]]);
  });
});
