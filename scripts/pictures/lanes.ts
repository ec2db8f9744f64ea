import type { CustomSeriesOption, CustomSeriesRenderItem, EChartsOption } from 'echarts';
import type { ChartOption } from '../../src/report/evaluation/index.js';
import { faint, font, ink, inkOnColor, lateColor, paper, shapeColors } from './look.js';

/** Steps of a request, or of a batch, on some GPUs. */
export interface Bar {
  /** What is written on it. */
  readonly label: string;
  readonly shape: string;
  readonly gpus: readonly number[];
  readonly startMs: number;
  readonly endMs: number;
  /** Whether the deadline had passed when these steps ended. */
  readonly isLate?: boolean;
}

/** One run: a lane for each GPU, from left to right. */
export interface LanesPanel {
  readonly title: string;
  readonly bars: readonly Bar[];
  /** Moments that are marked by a line, in ms, each with what is written above it. */
  readonly marks?: readonly { readonly atMs: number; readonly text?: string }[];
}

export interface LanesPicture {
  readonly panels: readonly LanesPanel[];
  readonly gpus: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Shapes of the legend. */
  readonly shapes: readonly string[];
  /** Height of a lane, in pixels. Default 13. */
  readonly laneHeight?: number;
}

const [width, left, right, top, bottom, gap] = [920, 62, 16, 62, 40, 34];

/** What draws runs one below the other, on one axis of time. */
export function lanesChart(picture: LanesPicture): ChartOption {
  const { panels, gpus, fromMs, toMs, shapes, laneHeight = 13 } = picture;
  const panelHeight = gpus * laneHeight;
  const topOf = (index: number): number => top + index * (panelHeight + gap);
  const names = [...shapes, ...(panels.some(({ bars }) => bars.some(({ isLate }) => isLate)) ? ['late'] : [])];
  const option: EChartsOption = {
    animation: false,
    backgroundColor: paper,
    textStyle: { fontFamily: font, color: ink },
    legend: {
      top: 6,
      left: 'center',
      data: names.map((name) => ({ name, itemStyle: { color: colorOf(name) } })),
      textStyle: { color: ink },
      itemWidth: 14,
      itemHeight: 10,
    },
    title: panels.map(({ title, marks }, index) => ({
      ...{ text: title, left, top: topOf(index) - (marks === undefined ? 24 : 34), padding: 0 },
      textStyle: { fontSize: 13, fontWeight: 'bold', color: ink },
    })),
    grid: panels.map((_, index) => ({ left, right, top: topOf(index), height: panelHeight })),
    xAxis: panels.map((_, index) => ({
      ...{
        gridIndex: index,
        type: 'value',
        min: fromMs / 1000,
        max: toMs / 1000,
        axisLine: { lineStyle: { color: ink } },
      },
      ...{ splitLine: { lineStyle: { color: faint } }, axisTick: { show: index === panels.length - 1 } },
      axisLabel: { show: index === panels.length - 1, color: ink, formatter: '{value} s', showMaxLabel: false },
    })),
    yAxis: panels.map((_, index) => ({
      ...{ gridIndex: index, type: 'category', inverse: true, data: Array.from({ length: gpus }, (__, gpu) => gpu) },
      ...{
        axisLine: { show: false },
        axisTick: { show: false },
        splitLine: { show: true, lineStyle: { color: faint } },
      },
      axisLabel: { color: ink, fontSize: 10, interval: 0, formatter: (gpu: string) => `GPU ${gpu}` },
    })),
    series: panels.flatMap((panel, index) => seriesOf(panel, index, names)),
  };
  return { width, height: topOf(panels.length - 1) + panelHeight + bottom, option };
}

function seriesOf({ bars, marks = [] }: LanesPanel, index: number, names: readonly string[]): CustomSeriesOption[] {
  const axes = { xAxisIndex: index, yAxisIndex: index };
  const ofName = (name: string): CustomSeriesOption => {
    const own = bars.filter(({ shape, isLate = false }) => (isLate ? 'late' : shape) === name).flatMap(byLane);
    return {
      ...{ type: 'custom', name, ...axes, encode: { x: [0, 1], y: 2 } },
      data: own.map(({ startMs, endMs, gpu }) => [startMs / 1000, endMs / 1000, gpu]),
      renderItem: drawBar(own, colorOf(name)),
    };
  };
  const lines: CustomSeriesOption = {
    ...{ type: 'custom', ...axes, silent: true, z: 5, data: marks.map(({ atMs }) => [atMs / 1000, 0]) },
    renderItem: (params, api) => {
      const { text = '' } = marks[params.dataIndex]!;
      const { y, height } = params.coordSys as unknown as { y: number; height: number };
      const x = Math.round(api.coord([api.value(0), 0])[0]!);
      return {
        type: 'group',
        children: [
          {
            type: 'line',
            shape: { x1: x, x2: x, y1: y - 2, y2: y + height },
            style: { stroke: ink, lineDash: [3, 3] },
          },
          {
            type: 'text',
            style: { text, x, y: y - 4, align: 'center', verticalAlign: 'bottom', fontSize: 10, fill: ink },
          },
        ],
      };
    },
  };
  return [...names.map(ofName), ...(marks.length > 0 ? [lines] : [])];
}

/** By what the legend calls it. */
function colorOf(name: string): string {
  return name === 'late' ? lateColor : shapeColors[name]!;
}

interface LaneBar extends Bar {
  /** The uppermost GPU of a block of GPUs that lie side by side, and their number. */
  readonly gpu: number;
  readonly lanes: number;
}

/** GPUs that lie side by side are one rectangle. */
function byLane(bar: Bar): LaneBar[] {
  const blocks: { gpu: number; lanes: number }[] = [];
  for (const gpu of bar.gpus.toSorted((a, b) => a - b)) {
    const last = blocks.at(-1);
    if (last !== undefined && last.gpu + last.lanes === gpu) last.lanes++;
    else blocks.push({ gpu, lanes: 1 });
  }
  return blocks.map((block) => ({ ...bar, ...block }));
}

function drawBar(bars: readonly LaneBar[], color: string): CustomSeriesRenderItem {
  return (params, api) => {
    const { label, lanes, gpu } = bars[params.dataIndex]!;
    const [x, centre] = api.coord([api.value(0), gpu]) as [number, number];
    const [end] = api.coord([api.value(1), gpu]) as [number, number];
    const lane = (api.size!([0, 1]) as [number, number])[1];
    const shape = { x, y: centre - lane / 2 + 0.5, width: Math.max(0.5, end - x - 0.5), height: lanes * lane - 1 };
    const fits = end - x > label.length * 6 + 3;
    const text = { text: label, x: x + shape.width / 2, y: shape.y + shape.height / 2, fill: inkOnColor } as const;
    return {
      type: 'group',
      children: [
        { type: 'rect', shape, style: { fill: color } },
        ...(fits
          ? [
              {
                type: 'text' as const,
                style: { ...text, align: 'center' as const, verticalAlign: 'middle' as const, fontSize: 10 },
              },
            ]
          : []),
      ],
    };
  };
}
