import { extent } from 'd3-array';
import { chartOption, type ChartOption } from './chart-option.js';
import { estimate } from './estimate.js';
import type { Point } from './figure.js';

/** What policies reach by GPU count, to be drawn. */
export interface CapacityChartOptions {
  readonly title: string;
  /** From 0 to 1: a line across. */
  readonly target: number;
  readonly policies: readonly {
    readonly name: string;
    /** The attainment of each seed, from 0 to 1, by ascending count; at least one seed a count. */
    readonly trials: readonly { readonly gpus: number; readonly attainments: readonly number[] }[];
  }[];
}

/** Attainment by GPU count: a line for each policy, and one for the target. A function of its argument. */
export function capacityChart({ title, target, policies }: CapacityChartOptions): ChartOption {
  const lines = policies.map(({ name, trials }) => ({
    name,
    points: trials.map(({ gpus, attainments }): Point => ({ x: gpus, y: estimate(attainments) })),
  }));
  const [fewest = 1, most = 1] = extent(lines.flatMap(({ points }) => points.map(({ x }) => Number(x))));
  const across = [...new Set([fewest, most])].map((x): Point => ({ x, y: estimate([target]) }));
  const series = [...lines, { name: 'target', points: across }];
  const panel = { title: '', yName: 'SLO attainment, %', isShare: true, series };
  const form = { form: 'lines', isLog: false, isLogX: true, hasMarks: true } as const;
  return chartOption({ ...form, xName: 'GPUs', panels: [panel] }, title);
}
