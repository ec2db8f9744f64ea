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

/** Attainment of one shape. Seeds that never drew it do not count. */
export function ofShape(shape: string, outcomes: readonly Outcome[]): Estimate | undefined {
  const counts = outcomes.flatMap(({ result }) => result.perShape[shape] ?? []);
  return counts.length === 0 ? undefined : estimate(counts.map(({ requests, onTime }) => onTime / requests));
}
