import type { BoundResult, Chart, ExperimentRun, RunResult } from '../../simulation/evaluation/index.js';
import { estimate, type Estimate } from './estimate.js';

/** A run with its results. */
export interface Outcome extends Omit<ExperimentRun, 'bound'> {
  readonly result: RunResult;
  readonly bound: BoundResult | undefined;
}

/** What a chart of one number a run shows of the runs of all seeds. `undefined` where there is nothing to show. */
export function measured({ show }: Chart, outcomes: readonly Outcome[]): Estimate | undefined {
  const values = outcomes.flatMap(({ result, bound }): number[] => {
    if (show === 'planning') return result.planning === undefined ? [] : [result.planning.meanUs / 1000];
    if (show !== 'share-of-bound') return [result.sloAttainment];
    return bound === undefined || bound.onTime === 0 ? [] : [result.onTime / bound.onTime];
  });
  return values.length === 0 ? undefined : estimate(values);
}

/** Attainment of the bound, whatever ran: the policies of one seed have the same bound, which counts once. */
export function boundOf(outcomes: readonly Outcome[]): Estimate | undefined {
  const bySeed = new Map(outcomes.flatMap(({ seed, bound }) => (bound === undefined ? [] : [[seed, bound] as const])));
  return bySeed.size === 0 ? undefined : estimate(Array.from(bySeed.values(), ({ sloAttainment }) => sloAttainment));
}

/** Attainment of one shape. Seeds that never drew it do not count. */
export function ofShape(shape: string, outcomes: readonly Outcome[]): Estimate | undefined {
  const drawn = outcomes.flatMap(({ result }) => result.perShape[shape] ?? []).filter(({ requests }) => requests > 0);
  return drawn.length === 0 ? undefined : estimate(drawn.map(({ requests, onTime }) => onTime / requests));
}
