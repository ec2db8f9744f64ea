import { loadDrawChart, type DrawChart } from '../draw-chart.js';
import { ifInstalled } from '../if-installed.js';
import { InputError } from '../input-error.js';

/**
 * Loads what draws charts, and sees that what solves bounds is there where it is needed: nobody likes to hear that it is missing after a long run.
 *
 * @throws `InputError` that names what is missing
 */
export async function loadPeers(needsBound: boolean): Promise<DrawChart> {
  const missing: string[] = [];
  const draw = await loadDrawChart();
  if (draw === undefined) missing.push('echarts');
  if (needsBound && (await ifInstalled('highs', () => import('highs'))) === undefined) missing.push('highs');
  if (draw === undefined || missing.length > 0) {
    const names = missing.join(' ');
    throw new InputError(`this grid needs packages that are not installed: npm install ${names}`);
  }
  return draw;
}
