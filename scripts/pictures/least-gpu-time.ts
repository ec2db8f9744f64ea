import { leastGpuTimePlan } from '@tetri/scheduler';
import type { BarSeriesOption, EChartsOption } from 'echarts';
import type { ChartOption } from '../../src/report/evaluation/index.js';
import { degreeColors, faint, font, ink, paper } from './look.js';
import type { Picture } from './picture.js';
import { profile } from './run-bars.js';

const steps = 28;
const budgetsMs = [1200, 1400, 1600, 1800, 2000, 2400, 2800, 3200, 3600, 4000, 4400];

/** Which degrees meet which deadline at the least GPU time. */
export function leastGpuTime(): Picture {
  const title = 'The mix of degrees that meets a deadline at the least GPU time';
  return { name: 'least-gpu-time', title, chart: chartOf() };
}

function chartOf(): ChartOption {
  const plans = budgetsMs.map((budgetMs) => leastGpuTimePlan(profile.shape('1024x1024'), steps, budgetMs)!);
  const bars = profile.degrees.map((degree): BarSeriesOption => {
    const color = degreeColors[degree]!;
    const data = plans.map((plan) => plan.allocations.find((allocation) => allocation.degree === degree)?.steps ?? '-');
    const label = { show: true, color: degree > 2 ? '#fffffe' : '#111111', formatter: '{c}' };
    return {
      ...{ type: 'bar', stack: 'steps', name: `degree ${degree}`, data, label },
      ...{ itemStyle: { color }, barWidth: '70%' },
    };
  });
  const labels = plans.map(
    ({ gpuTimeMs }, index) => `${budgetsMs[index]! / 1000} s\n${(gpuTimeMs / 1000).toFixed(1)} GPU s`,
  );
  const option: EChartsOption = {
    animation: false,
    backgroundColor: paper,
    textStyle: { fontFamily: font, color: ink },
    legend: { top: 6, left: 'center', textStyle: { color: ink } },
    grid: { left: 64, right: 16, top: 40, height: 190 },
    xAxis: {
      ...{
        type: 'category',
        data: labels,
        axisLabel: { color: ink, interval: 0, lineHeight: 15 },
        axisLine: { lineStyle: { color: ink } },
      },
      ...{
        name: 'time that is left, and GPU time of the mix',
        nameLocation: 'middle',
        nameGap: 46,
        nameTextStyle: { color: ink },
      },
    },
    yAxis: {
      ...{
        type: 'value',
        max: steps,
        interval: 7,
        name: 'steps',
        nameLocation: 'middle',
        nameGap: 36,
        nameTextStyle: { color: ink },
      },
      ...{ axisLabel: { color: ink }, splitLine: { lineStyle: { color: faint } } },
    },
    series: bars,
  };
  return { width: 920, height: 300, option };
}
