import type { EChartsOption, LineSeriesOption } from 'echarts';
import type { ChartOption } from '../../src/report/evaluation/index.js';
import { faint, font, ink, paper, shapeColors } from './look.js';
import type { Picture } from './picture.js';
import { profile, shapes } from './run-bars.js';

/** What a step costs: its duration falls with the degree, its GPU time rises. */
export function degrees(): Picture {
  const title = 'What a step takes, and what it costs, at each degree';
  return { name: 'degrees', title, chart: chartOf() };
}

const [width, height, top, plotHeight] = [920, 320, 66, 196];
const plots = [
  { left: 64, title: 'faster: how much faster a step is than on one GPU' },
  { left: 520, title: 'dearer: GPU time of a step, times that on one GPU' },
];

function chartOf(): ChartOption {
  const option: EChartsOption = {
    animation: false,
    backgroundColor: paper,
    textStyle: { fontFamily: font, color: ink },
    legend: { top: 6, left: 'center', data: [...shapes], textStyle: { color: ink } },
    title: plots.map(({ left, title }) => ({
      ...{ text: title, left, top: top - 26, padding: 0 },
      textStyle: { fontSize: 13, fontWeight: 'bold', color: ink },
    })),
    grid: plots.map(({ left }) => ({ left, top, width: 370, height: plotHeight })),
    xAxis: plots.map((_, gridIndex) => ({
      ...{
        gridIndex,
        type: 'category',
        data: [...profile.degrees],
        name: 'degree',
        nameLocation: 'middle',
        nameGap: 28,
      },
      ...{ axisLabel: { color: ink }, axisLine: { lineStyle: { color: ink } }, nameTextStyle: { color: ink } },
    })),
    yAxis: plots.map((_, gridIndex) => ({
      ...{ gridIndex, type: 'log', logBase: 2, min: gridIndex === 0 ? 0.5 : 1, max: gridIndex === 0 ? 8 : 16 },
      ...{ axisLabel: { color: ink, formatter: '{value} x' }, splitLine: { lineStyle: { color: faint } } },
    })),
    series: shapes.flatMap((id) => linesOf(id)),
  };
  return { width, height, option };
}

function linesOf(id: string): LineSeriesOption[] {
  const { degrees: known, stepMs } = profile.shape(id);
  const aloneMs = stepMs[0]!;
  const values = [stepMs.map((ms) => aloneMs / ms), stepMs.map((ms, index) => (ms * known[index]!) / aloneMs)];
  return values.map((own, index) => ({
    ...{ type: 'line', name: id, xAxisIndex: index, yAxisIndex: index, symbol: 'circle', symbolSize: 8 },
    ...{ itemStyle: { color: shapeColors[id]! }, lineStyle: { color: shapeColors[id]!, width: 2.5 } },
    data: known.map((degree, at) => [String(degree), own[at]!]),
  }));
}
