import type { CustomSeriesOption, EChartsOption, SeriesOption, XAXisComponentOption as XAXisOption } from 'echarts';
import type { Figure, Panel, Point, Series } from './figure.js';
import { looksOf, type Look } from './look.js';

/** A chart for ECharts, and how large it is. */
export interface ChartOption {
  readonly width: number;
  readonly height: number;
  readonly option: EChartsOption;
}

const [panelWidth, panelHeight, gapX, gapY] = [400, 240, 80, 88];
const [left, top, right, bottom] = [64, 66, 24, 56];
const ink = '#333333';

/** What draws a figure: panels side by side, two a row, one legend above them. A function of its argument. */
export function chartOption(numbers: Figure, title: string): ChartOption {
  const figure = drawable(numbers);
  const { panels } = figure;
  const columns = Math.min(2, panels.length);
  const rows = Math.ceil(panels.length / columns);
  const plotWidth = columns === 1 ? 620 : panelWidth;
  const width = left + columns * plotWidth + (columns - 1) * gapX + right;
  const legendRows = names(figure).join('').length * 7 + names(figure).length * 46 > width ? 2 : 1;
  const head = top + (legendRows - 1) * 22;
  const height = head + rows * panelHeight + (rows - 1) * gapY + bottom;
  const place = (index: number): { x: number; y: number } => ({
    x: left + (index % columns) * (plotWidth + gapX),
    y: head + Math.floor(index / columns) * (panelHeight + gapY) + 12,
  });
  const shares = shareRange(figure);
  const others = figure.isLog ? logRange(figure) : { min: 0 };
  const looks = looksOf(names(figure));
  const categories = [
    ...new Set(panels.flatMap(({ series }) => series.flatMap((own) => own.points.map(({ x }) => x)))),
  ];
  const option: EChartsOption = {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'Helvetica, Arial, sans-serif', color: ink },
    aria: { enabled: true, label: { description: title } },
    legend: {
      top: 4,
      left: 'center',
      width: width - 32,
      itemGap: 14,
      itemWidth: 28,
      data: names(figure).map((name) =>
        figure.form === 'lines' && (looks.get(name)!.symbol === 'none' || !figure.hasMarks)
          ? { name, itemStyle: { opacity: 0 } }
          : { name },
      ),
      textStyle: { color: ink },
    },
    title: panels.map((panel, index) => ({
      ...{ text: panel.title, left: place(index).x + plotWidth / 2, top: place(index).y - 26 },
      ...{ textAlign: 'center', textStyle: { fontSize: 13, fontWeight: 'bold', color: ink } },
    })),
    grid: panels.map((_, index) => ({
      left: place(index).x,
      top: place(index).y,
      width: plotWidth,
      height: panelHeight - 12,
    })),
    xAxis: panels.map((_, index) => xAxisOf(figure, index, categories, plotWidth)),
    yAxis: panels.map((panel, index) => ({
      gridIndex: index,
      name: panel.yName,
      nameLocation: 'middle' as const,
      nameGap: 40,
      nameTextStyle: { color: ink },
      axisLine: { show: true, lineStyle: { color: ink } },
      axisLabel: { color: ink },
      splitLine: { lineStyle: { color: '#e4e4e4' } },
      type: figure.isLog ? ('log' as const) : ('value' as const),
      ...(panel.isShare ? shares : others),
    })),
    series: panels.flatMap((panel, index) => {
      // What an interval may not leave: the axis, and what a share can be.
      const limits = panel.isShare ? { min: 0, max: 1 } : { max: Infinity, ...others };
      return seriesOf(figure, panel, index, categories.map(String), looks, limits);
    }),
  };
  return { width, height, option };
}

/** Without points that a logarithmic axis has no place for. */
function drawable(figure: Figure): Figure {
  const { isLog, isLogX, panels } = figure;
  const fits = ({ x, y }: Point): boolean => (!isLog || y.mean > 0) && (!isLogX || Number(x) > 0);
  const drawn = (series: Series): Series => ({ ...series, points: series.points.filter(fits) });
  return { ...figure, panels: panels.map((panel) => ({ ...panel, series: panel.series.map(drawn) })) };
}

function xAxisOf(
  { form, xName, isLogX, hasMarks }: Figure,
  index: number,
  categories: readonly (number | string)[],
  plotWidth: number,
): XAXisOption {
  const common = {
    ...({ gridIndex: index, name: xName, nameLocation: 'middle', nameGap: 30, nameTextStyle: { color: ink } } as const),
    axisLine: { onZero: false, lineStyle: { color: ink } },
    splitLine: { show: false },
  } as const;
  if (form === 'bars') {
    // Long names go on in a second line.
    const width = plotWidth / Math.max(1, categories.length) - 4;
    const axisLabel = { color: ink, interval: 0, fontSize: 11, width, overflow: 'break' } as const;
    const data = categories.map(String);
    return { ...common, nameGap: 38, type: 'category', data, axisTick: { show: false }, axisLabel };
  }
  const xs = categories.length === 0 ? [1] : categories.map(Number);
  const [least, most] = [Math.min(...xs), Math.max(...xs)];
  if (!isLogX) {
    // Time has a start; other axes are shown where there is something, with some room around a single value.
    const room = least === most ? Math.abs(least) / 2 || 1 : 0;
    const range = hasMarks ? { min: least - room, max: most + room } : { min: 0, max: most || 1 };
    return { ...common, type: 'value', ...range, axisLabel: { color: ink } };
  }
  // Whole powers of two, where each has its label.
  const [from, to] = [Math.floor(Math.log2(least)), Math.ceil(Math.log2(most))];
  const range = from === to ? { min: 2 ** (from - 1), max: 2 ** (to + 1) } : { min: 2 ** from, max: 2 ** to };
  const formatter = (value: number): string => String(Number(value.toPrecision(2)));
  return { ...common, type: 'log', logBase: 2, ...range, axisLabel: { color: ink, formatter } };
}

function names({ panels }: Figure): string[] {
  return [...new Set(panels.flatMap(({ series }) => series.map(({ name }) => name)))];
}

/** One range for all panels, so that they can be compared; bars start at 0, lines need not. */
function shareRange({ form, panels }: Figure): { min: number; max: number } {
  const shares = panels.filter(({ isShare }) => isShare).flatMap(pointsOf);
  const lowest = Math.min(0.9, ...shares.map(({ y }) => Math.max(0, y.low)));
  return { min: form === 'bars' ? 0 : Math.floor(lowest * 10) * 10, max: 100 };
}

/** Whole powers of ten around all points. Intervals may go below: some reach 0, which has no place here. */
function logRange({ panels }: Figure): { min: number; max: number } {
  const ys = panels.flatMap(pointsOf).map(({ y }) => y);
  if (ys.length === 0) return { min: 1, max: 10 };
  const from = Math.floor(Math.log10(Math.min(...ys.map(({ mean }) => mean))));
  const to = Math.ceil(Math.log10(Math.max(...ys.map(({ high }) => high))));
  return { min: 10 ** from, max: 10 ** Math.max(to, from + 1) };
}

function pointsOf({ series }: Panel): readonly Point[] {
  return series.flatMap(({ points }) => points);
}

function seriesOf(
  figure: Figure,
  panel: Panel,
  index: number,
  categories: readonly string[],
  looks: ReadonlyMap<string, Look>,
  limits: Limits,
): SeriesOption[] {
  return panel.series.flatMap((series, position): SeriesOption[] => {
    const { color, symbol, dash } = looks.get(series.name)!;
    const axes = { xAxisIndex: index, yAxisIndex: index };
    const scale = panel.isShare ? 100 : 1;
    const intervals = { series, axes, scale, limits };
    if (figure.form === 'bars') {
      const byX = new Map(series.points.map((point) => [String(point.x), point]));
      const data = categories.map((x) => {
        const point = byX.get(x);
        return point === undefined ? '-' : shown(point.y.mean, scale);
      });
      const isBound = series.name === 'bound';
      const bar: SeriesOption = {
        ...{ type: 'bar', name: series.name, ...axes, data, barGap: '8%', barCategoryGap: '22%' },
        itemStyle: {
          color: isBound ? '#ffffff' : color,
          borderColor: isBound ? '#000000' : color,
          decal: decalOf(position),
        },
      };
      const slots = { slot: position, slots: panel.series.length, categories };
      return [bar, whiskers({ ...intervals, color: '#222222' }, slots)];
    }
    const line: SeriesOption = {
      ...{ type: 'line', name: series.name, ...axes, symbol: figure.hasMarks ? symbol : 'none', symbolSize: 8, z: 3 },
      data: series.points.map(({ x, y }) => [x, shown(y.mean, scale)]),
      lineStyle: { color, type: dash, width: 2 },
      itemStyle: { color },
    };
    return figure.hasMarks && symbol !== 'none' ? [line, whiskers({ ...intervals, color })] : [line];
  });
}

function shown(value: number, scale: number): number {
  return Number((value * scale).toPrecision(6));
}

/** Hatchings, for bars that have to be told apart without colour. */
function decalOf(position: number): object {
  const kinds = [
    { symbol: 'none' },
    { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: Math.PI / 4 },
    { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4 },
    {
      symbol: 'circle',
      dashArrayX: [
        [6, 6],
        [0, 6, 6, 0],
      ],
      dashArrayY: [6, 0],
      symbolSize: 0.6,
    },
    { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: 0 },
  ];
  return { ...kinds[position % kinds.length], color: 'rgba(255,255,255,0.55)' };
}

/** What an interval is cut at: in the unit of the estimates. */
interface Limits {
  readonly min: number;
  readonly max: number;
}

interface Intervals {
  readonly series: Series;
  readonly axes: object;
  readonly scale: number;
  readonly limits: Limits;
  readonly color: string;
}

/** The confidence intervals of a series, where there are any. In a bar chart each stands on its bar. */
function whiskers(
  { series: { name, points }, axes, scale, limits: { min, max }, color }: Intervals,
  bars?: { readonly slot: number; readonly slots: number; readonly categories: readonly string[] },
): CustomSeriesOption {
  const positionOf = ({ x }: Point): number => (bars === undefined ? Number(x) : bars.categories.indexOf(String(x)));
  return {
    ...{ type: 'custom', name, silent: true, z: 4, ...axes },
    data: points
      .filter(({ y }) => y.count > 1)
      .map((point) => [
        positionOf(point),
        shown(Math.max(min, point.y.low), scale),
        shown(Math.min(max, point.y.high), scale),
      ]),
    renderItem(_parameters, api) {
      const at = (dimension: number): number[] => api.coord([api.value(0), api.value(dimension)]);
      const [low, high] = [at(1), at(2)];
      const bandWidth = bars === undefined ? 0 : (api.size!([1, 0]) as number[])[0]! * 0.78;
      const shift = bars === undefined ? 0 : bandWidth * ((bars.slot + 0.5) / bars.slots - 0.5);
      const x = low[0]! + shift;
      const tick = (y: number): object => ({ type: 'line', shape: { x1: x - 3, x2: x + 3, y1: y, y2: y }, style });
      const style = { stroke: color, lineWidth: 1.2 };
      const stem = { type: 'line', shape: { x1: x, x2: x, y1: low[1]!, y2: high[1]! }, style };
      return { type: 'group', children: [stem, tick(low[1]!), tick(high[1]!)] } as ReturnType<
        NonNullable<CustomSeriesOption['renderItem']>
      >;
    },
  };
}
