import { ascending } from 'd3-array';
import plot from 'simple-ascii-chart';
import type { PolicyCapacity } from './search.js';

/** One a policy, and of any two that are near to each other in the list one is full and the other is not. */
const marks = ['●', '○', '■', '□', '▲', '△', '◆', '◇', '▼', '▽'];
const several = '✱';
/** Per cent from one row to the next. */
const rowPercent = 5;
const columnWidth = 8;

/** Attainment by GPU count, drawn in characters. Counts stand side by side at equal distances. */
export function terminalChart(capacities: readonly PolicyCapacity[], target: number): string {
  const counts = [...new Set(capacities.flatMap(({ trials }) => trials.map(({ gpus }) => gpus)))].sort(ascending);
  const markOf = (index: number): string => marks[index % marks.length]!;
  const markAt = new Map<string, string>();
  const points = capacities.map(({ trials }, index) =>
    trials.map(({ gpus, measured }): [number, number] => {
      const point: [number, number] = [counts.indexOf(gpus), toRow(measured.sloAttainment)];
      markAt.set(String(point), markAt.has(String(point)) ? several : markOf(index));
      return point;
    }),
  );
  const width = columnWidth * Math.max(2, counts.length);
  // A little above its row, so that it is told from points that stand there; drawn first, so that they stand on it.
  const targetPoint: [number, number] = [0, toRow(target) + 1e-6];
  const chart = plot([[targetPoint], ...points], {
    ...{ width, height: 100 / rowPercent + 1, yRange: [0, 100], xLabel: 'GPUs' },
    customXAxisTicks: counts.map((_, index) => index),
    customYAxisTicks: [0, 20, 40, 60, 80, 100],
    formatter: (value, { axis }) => (axis === 'x' ? (counts[value] ?? '') : value),
    lineFormatter: ({ x, y, plotX, plotY }) =>
      y === targetPoint[1]
        ? Array.from({ length: width }, (_, column) => ({ x: column + 1, y: plotY, symbol: '┈' }))
        : { x: plotX, y: plotY, symbol: markAt.get(String([x, y]))! },
  });
  const legend = capacities.map(({ policy }, index) => `${markOf(index)} ${policy}`);
  const shared = [...markAt.values()].includes(several) ? [`${several} several`] : [];
  const lines = chart.split('\n').map((line) => line.trimEnd());
  const body = lines.filter((line) => line !== '').join('\n');
  return `SLO met, %\n${body}\n${[...legend, ...shared, `┈ target ${Number((target * 100).toPrecision(6))} %`].join('  ')}\n`;
}

function toRow(share: number): number {
  return Math.round((share * 100) / rowPercent) * rowPercent;
}
