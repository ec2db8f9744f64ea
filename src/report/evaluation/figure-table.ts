import { ascending } from 'd3-array';
import type { Figure, Panel, Point } from './figure.js';
import { escaped, row } from './markdown.js';

/**
 * The numbers of a figure as Markdown tables, one a panel: mean, and half the width of its interval where there are several seeds. A curve
 * over time has a row for each of its windows; a distribution has a few of its percentiles.
 */
export function figureTable(figure: Figure): string {
  const tableOf = figure.hasMarks ? panelTable : figure.isLogX ? percentileTable : curveTable;
  return figure.panels.map((panel) => tableOf(figure, panel)).join('\n');
}

/** A row for each series, a column for each x. */
function panelTable({ xName }: Figure, panel: Panel): string {
  const xs = positions(panel);
  const rows = panel.series.map(({ name, points }) => {
    const byX = new Map(points.map((point) => [point.x, point]));
    return [name, ...xs.map((x) => entry(byX.get(x), panel))];
  });
  const head = xs.map((x) => (typeof x === 'number' ? String(Number(x.toPrecision(12))) : x));
  return table(panel.title, `${panel.yName}, by ${xName}`, ['', ...head], rows);
}

/** The other way round, for more points than a page is wide. */
function curveTable({ xName }: Figure, panel: Panel): string {
  const bySeries = panel.series.map(({ points }) => new Map(points.map((point) => [point.x, point])));
  const rows = positions(panel).map((x) => [Number(x).toFixed(2), ...bySeries.map((byX) => entry(byX.get(x), panel))]);
  return table(panel.title, `${panel.yName}, by ${xName}`, [xName, ...panel.series.map(({ name }) => name)], rows);
}

/** Where each curve passes a few heights: no two of them have points at the same place. */
function percentileTable({ xName }: Figure, { title, series }: Panel): string {
  const percents = [10, 25, 50, 75, 90, 95, 99];
  const rows = series.map(({ name, points }) => {
    const byPercent = new Map(points.map(({ x, y }) => [Math.round(y.mean * 100), Number(x).toFixed(2)]));
    return [name, ...percents.map((percent) => byPercent.get(percent) ?? '-')];
  });
  return table(title, `${xName}, by percentile`, ['', ...percents.map(String)], rows);
}

function positions({ series }: Panel): readonly (number | string)[] {
  const xs = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))];
  return xs.every((x) => typeof x === 'number') ? xs.sort(ascending) : xs;
}

function table(title: string, what: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const caption = [title, what].filter((part) => part !== '').join(': ');
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [
    escaped(caption),
    '',
    row(head.map(escaped)),
    row(rule),
    ...rows.map((cells) => row(cells.map(escaped))),
    '',
  ].join('\n');
}

function entry(point: Point | undefined, { isShare }: Panel): string {
  if (point === undefined) return '-';
  const { mean, low, high, count } = point.y;
  const [scale, digits] = isShare ? [100, 1] : [1, 2];
  const half = ((high - low) / 2) * scale;
  return `${(mean * scale).toFixed(digits)}${count < 2 ? '' : ` ± ${half.toFixed(digits)}`}`;
}
