import type { Figure, Panel, Point } from './figure.js';

/** The numbers of a figure as Markdown tables, one a panel: mean, and half the width of its interval. */
export function figureTable(figure: Figure): string {
  if (figure.isLogX && !figure.hasMarks) return figure.panels.map((panel) => percentileTable(figure, panel)).join('\n');
  const few = figure.hasMarks ? figure : thinned(figure);
  return few.panels.map((panel) => panelTable(few, panel)).join('\n');
}

function panelTable({ xName }: Figure, { title, yName, series }: Panel): string {
  const xs = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))];
  const isShare = yName.endsWith('%');
  const rows = series.map(({ name, points }) => {
    const byX = new Map(points.map((point) => [point.x, point]));
    return row([name, ...xs.map((x) => text(byX.get(x), isShare))]);
  });
  const caption = [title, `${yName}, by ${xName}`].filter((part) => part !== '').join(': ');
  const head = [row(['', ...xs.map((x) => (typeof x === 'number' ? String(Number(x.toFixed(2))) : x))])];
  return [caption, '', ...head, row(['---', ...xs.map(() => '---:')]), ...rows, ''].join('\n');
}

/** Of a distribution, where each curve passes a few heights: no two of them have points at the same place. */
function percentileTable({ xName }: Figure, { title, series }: Panel): string {
  const percents = [10, 25, 50, 75, 90, 95, 99];
  const rows = series.map(({ name, points }) => {
    const byPercent = new Map(points.map(({ x, y }) => [Math.round(y.mean * 100), Number(x).toFixed(2)]));
    return row([name, ...percents.map((percent) => byPercent.get(percent) ?? '-')]);
  });
  const caption = [title, `${xName}, by percentile`].filter((part) => part !== '').join(': ');
  const head = row(['', ...percents.map(String)]);
  return [caption, '', head, row(['---', ...percents.map(() => '---:')]), ...rows, ''].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function text(point: Point | undefined, isShare: boolean): string {
  if (point === undefined) return '-';
  const { mean, low, high } = point.y;
  const scale = isShare ? 100 : 1;
  const digits = isShare ? 1 : 2;
  const half = ((high - low) / 2) * scale;
  return `${(mean * scale).toFixed(digits)}${half === 0 ? '' : ` ± ${half.toFixed(digits)}`}`;
}

/** Of curves with many points, every third. */
function thinned(figure: Figure): Figure {
  return {
    ...figure,
    panels: figure.panels.map((panel) => ({
      ...panel,
      series: panel.series.map((series) => ({
        ...series,
        points: series.points.filter((_, index) => index % 3 === 0),
      })),
    })),
  };
}
