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
export function chartOption(figure: Figure, title: string): ChartOption {
  const { panels } = figure;
  const columns = Math.min(2, panels.length);
  const rows = Math.ceil(panels.length / columns);
  const plotWidth = columns === 1 ? 620 : panelWidth;
  const width = left + columns * plotWidth + (columns - 1) * gapX + right;
  const legendRows = Math.ceil(names(figure).join('').length * 7 + names(figure).length * 46 > width ? 2 : 1);
  const head = top + (legendRows - 1) * 22;
  const height = head + rows * panelHeight + (rows - 1) * gapY + bottom;
  const place = (index: number): { x: number; y: number } => ({
    x: left + (index % columns) * (plotWidth + gapX),
    y: head + Math.floor(index / columns) * (panelHeight + gapY) + 12,
  });
  const range = sharedRange(figure);
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
        figure.form === 'lines' && (name === 'bound' || !figure.hasMarks)
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
    xAxis: panels.map((_, index) => xAxisOf(figure, index, categories)),
    yAxis: panels.map((panel, index) => ({
      gridIndex: index,
      name: panel.yName,
      nameLocation: 'middle' as const,
      nameGap: 40,
      nameTextStyle: { color: ink },
      axisLine: { show: true, lineStyle: { color: ink } },
      axisLabel: { color: ink },
      splitLine: { lineStyle: { color: '#e4e4e4' } },
      ...(figure.isLog
        ? { type: 'log' as const }
        : { type: 'value' as const, ...(isShare(panel) ? range : { min: 0 }) }),
    })),
    series: panels.flatMap((panel, index) => seriesOf(figure, panel, index, categories.map(String), looks)),
  };
  return { width, height, option };
}

function xAxisOf(
  { form, xName, isLogX, hasMarks }: Figure,
  index: number,
  categories: readonly (number | string)[],
): XAXisOption {
  const common = {
    ...({ gridIndex: index, name: xName, nameLocation: 'middle', nameGap: 30, nameTextStyle: { color: ink } } as const),
    axisLine: { onZero: false, lineStyle: { color: ink } },
    splitLine: { show: false },
  } as const;
  if (form === 'bars') {
    const axisLabel = { color: ink, interval: 0, fontSize: 11 };
    return { ...common, type: 'category', data: categories.map(String), axisTick: { show: false }, axisLabel };
  }
  const xs = categories.map(Number);
  // Time has a start; other axes are shown where there is something.
  const range = { min: hasMarks || isLogX ? Math.min(...xs) : 0, max: Math.max(...xs) };
  if (!isLogX) return { ...common, type: 'value', ...range, axisLabel: { color: ink } };
  // Whole powers of two, where each has its label.
  const log = { min: 2 ** Math.floor(Math.log2(range.min)), max: 2 ** Math.ceil(Math.log2(range.max)) };
  const formatter = (value: number): string => String(Number(value.toPrecision(2)));
  return { ...common, type: 'log', logBase: 2, ...log, axisLabel: { color: ink, formatter } };
}

function names({ panels }: Figure): string[] {
  return [...new Set(panels.flatMap(({ series }) => series.map(({ name }) => name)))];
}

function isShare({ yName }: Panel): boolean {
  return yName.endsWith('%');
}

/** One range for all panels, so that they can be compared; bars start at 0, lines need not. */
function sharedRange({ form, panels }: Figure): { min: number; max: number } {
  const shares = panels.filter(isShare).flatMap(({ series }) => series.flatMap((own) => own.points));
  const lowest = Math.min(1, ...shares.map(({ y }) => Math.max(0, y.low)));
  return { min: form === 'bars' ? 0 : Math.floor(lowest * 10) * 10, max: 100 };
}

function seriesOf(
  figure: Figure,
  panel: Panel,
  index: number,
  categories: readonly string[],
  looks: ReadonlyMap<string, Look>,
): SeriesOption[] {
  return panel.series.flatMap((series, position): SeriesOption[] => {
    const { color, symbol, dash } = looks.get(series.name)!;
    const axes = { xAxisIndex: index, yAxisIndex: index };
    const scale = isShare(panel) ? 100 : 1;
    if (figure.form === 'bars') {
      const byX = new Map(series.points.map((point) => [String(point.x), point]));
      const data = categories.map((x) => valueOf(byX.get(x)?.y.mean, scale));
      const isBound = series.name === 'bound';
      const bar: SeriesOption = {
        ...{ type: 'bar', name: series.name, ...axes, data, barGap: '8%', barCategoryGap: '22%' },
        itemStyle: {
          color: isBound ? '#ffffff' : color,
          borderColor: isBound ? '#000000' : color,
          decal: decalOf(position),
        },
      };
      return [bar, whiskers(series, axes, scale, color, { slot: position, slots: panel.series.length, categories })];
    }
    const line: SeriesOption = {
      ...{ type: 'line', name: series.name, ...axes, symbol: figure.hasMarks ? symbol : 'none', symbolSize: 8, z: 3 },
      data: series.points.map(({ x, y }) => [x, valueOf(y.mean, scale)]),
      lineStyle: { color, type: dash, width: 2 },
      itemStyle: { color },
    };
    return figure.hasMarks && series.name !== 'bound' ? [line, whiskers(series, axes, scale, color)] : [line];
  });
}

function valueOf(value: number | undefined, scale: number): number {
  return value === undefined ? NaN : Number((value * scale).toFixed(4));
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

/** The confidence intervals of a series. In a bar chart each stands on its bar. */
function whiskers(
  { name, points }: Series,
  axes: object,
  scale: number,
  color: string,
  bars?: { readonly slot: number; readonly slots: number; readonly categories: readonly string[] },
): CustomSeriesOption {
  const positionOf = ({ x }: Point): number => (bars === undefined ? Number(x) : bars.categories.indexOf(String(x)));
  const [floor, ceiling] = scale === 100 ? [0, 1] : [0, Infinity];
  return {
    ...{ type: 'custom', name, silent: true, z: 4, ...axes },
    data: points.map((point) => [
      ...[
        positionOf(point),
        valueOf(Math.max(floor, point.y.low), scale),
        valueOf(Math.min(ceiling, point.y.high), scale),
      ],
    ]),
    renderItem(_parameters, api) {
      const at = (dimension: number): number[] => api.coord([api.value(0), api.value(dimension)]);
      const [low, high] = [at(1), at(2)];
      const bandWidth = bars === undefined ? 0 : (api.size!([1, 0]) as number[])[0]! * 0.78;
      const shift = bars === undefined ? 0 : bandWidth * ((bars.slot + 0.5) / bars.slots - 0.5);
      const x = low[0]! + shift;
      const tick = (y: number): object => ({ type: 'line', shape: { x1: x - 3, x2: x + 3, y1: y, y2: y }, style });
      const style = { stroke: bars === undefined ? color : '#222222', lineWidth: 1.2 };
      const stem = { type: 'line', shape: { x1: x, x2: x, y1: low[1]!, y2: high[1]! }, style };
      return { type: 'group', children: [stem, tick(low[1]!), tick(high[1]!)] } as ReturnType<
        NonNullable<CustomSeriesOption['renderItem']>
      >;
    },
  };
}
