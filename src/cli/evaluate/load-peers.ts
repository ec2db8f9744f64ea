import type { ChartOption } from '../../report/evaluation/index.js';
import { InputError } from '../input-error.js';

/**
 * Loads what draws charts, and sees that what solves bounds is there where it is needed: nobody likes to hear that it is missing after a long run.
 *
 * @throws `InputError` that names what is missing
 */
export async function loadPeers(needsBound: boolean): Promise<(chart: ChartOption) => string> {
  const missing: string[] = [];
  const echarts = await import('echarts').catch(() => void missing.push('echarts'));
  if (needsBound) await import('highs').catch(() => void missing.push('highs'));
  if (echarts === undefined || missing.length > 0) {
    const names = missing.join(' ');
    throw new InputError(`this grid needs packages that are not installed: npm install ${names}`);
  }
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
