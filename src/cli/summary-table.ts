import { latentTokens, parseShapeId } from '../model/index.js';
import type { RunSummary } from '../simulation/index.js';
import { formatTable } from './table.js';

/** Runs side by side, a line each, for people. */
export function summaryTable(summaries: readonly RunSummary[]): string {
  const shapes = [...new Set(summaries.flatMap(({ perShape }) => Object.keys(perShape)))].sort(bySize);
  const head = [
    'policy',
    'SLO met',
    // Shapes of videos are long: the frames go to the next line.
    ...shapes.map((shape) => shape.replace(/^(\d+x\d+)x/, '$1\nx')),
    'mean\nlatency',
    'p50\nlatency',
    'p99\nlatency',
    'GPUs\nin use',
    'mean\nplanning',
    'p99\nplanning',
  ];
  const rows = summaries.map((summary) => [
    summary.policy,
    percent(summary.sloAttainment),
    ...shapes.map((shape) => percent(summary.perShape[shape]?.sloAttainment)),
    seconds(summary.meanLatencyMs),
    seconds(summary.p50LatencyMs),
    seconds(summary.p99LatencyMs),
    percent(summary.gpuUtilization),
    milliseconds(summary.planning.meanUs),
    milliseconds(summary.planning.p99Us),
  ]);
  return formatTable(head, rows, true);
}

/** Small ones first. */
function bySize(a: string, b: string): number {
  return latentTokens(parseShapeId(a)) - latentTokens(parseShapeId(b)) || (a < b ? -1 : 1);
}

function percent(share: number | undefined): string {
  return share === undefined ? '-' : `${(share * 100).toFixed(1)} %`;
}

function seconds(ms: number | null): string {
  return ms === null ? '-' : `${(ms / 1000).toFixed(2)} s`;
}

function milliseconds(us: number): string {
  return `${(us / 1000).toFixed(2)} ms`;
}
