import type { ChartOption } from '../report/evaluation/index.js';
import { ifInstalled } from './if-installed.js';

/** Draws a chart as SVG: the same chart is the same text. */
export type DrawChart = (chart: ChartOption) => string;

/** Loads what draws charts; `undefined` if it is not installed. */
export async function loadDrawChart(): Promise<DrawChart | undefined> {
  const echarts = await ifInstalled('echarts', () => import('echarts'));
  if (echarts === undefined) return undefined;
  return ({ width, height, option }) => {
    const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
    try {
      chart.setOption(option);
      return withoutCounters(chart.renderToSVGString({ useViewBox: true }));
    } finally {
      chart.dispose();
    }
  };
}

/** The names inside an SVG count on from chart to chart; numbered anew, the same chart is the same text. */
function withoutCounters(svg: string): string {
  const names = new Map<string, string>();
  return svg.replace(/\bzr\d+-([a-z]+)-?\d+\b/g, (name, kind: string) => {
    const known = names.get(name) ?? `${kind}${names.size}`;
    names.set(name, known);
    return known;
  });
}
