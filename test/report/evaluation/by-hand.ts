import type { Outcome } from '../../../src/report/evaluation/measures.js';
import type { Estimate } from '../../../src/report/evaluation/estimate.js';
import type { Figure } from '../../../src/report/evaluation/figure.js';
import {
  expandExperiment,
  parseGrid,
  type EvaluationGrid,
  type Experiment,
  type ExperimentRun,
  type RunResult,
} from '../../../src/simulation/evaluation/index.js';

/** A small experiment, with other fields where they are given. */
function document(fields: object = {}): object {
  return {
    ...{ id: 'small', title: 'Small', profile: 'flux.1-dev_h100', requests: 10, shapes: ['256x256', '512x512'] },
    ...{ rates: { unit: 'per-minute', values: [12] }, slo: { base: 'paper', scales: [1, 1.5] } },
    ...{ policies: ['horizon', 'edf'], seeds: [1, 2], charts: [{ show: 'attainment', x: 'sloScale' }] },
    ...fields,
  };
}

export function gridOf(...experiments: readonly object[]): EvaluationGrid {
  return parseGrid({ schemaVersion: 1, title: 'By hand', experiments: experiments.map(document) });
}

export function experimentOf(fields: object = {}): Experiment {
  return gridOf(fields).experiments[0]!;
}

/** Ten requests, so many of them on time. */
export function result(onTime: number, fields: Partial<RunResult> = {}): RunResult {
  return {
    ...({ kind: 'run', requests: 10, onTime, sloAttainment: onTime / 10, gpuUtilization: 0.5, perShape: {} } as const),
    ...{ meanLatencyMs: 2000, p99LatencyMs: 3000, ...fields },
  };
}

/** What is told of each run: its result, and how many of ten requests its bound has on time. `undefined`: it failed. */
export function outcomesOf(
  experiment: Experiment,
  tell: (run: ExperimentRun) => RunResult | undefined,
  boundOf?: (run: ExperimentRun) => number,
): readonly Outcome[] {
  return expandExperiment(experiment).flatMap((run): Outcome[] => {
    const told = tell(run);
    const onTime = boundOf?.(run);
    const bound =
      onTime === undefined ? undefined : ({ kind: 'bound', requests: 10, onTime, sloAttainment: onTime / 10 } as const);
    return told === undefined ? [] : [{ ...run, result: told, bound }];
  });
}

/** The means of a figure by panel and series, as `[x, mean]`, rounded so that they can be written down. */
export function meansOf({ panels }: Figure): unknown {
  return Object.fromEntries(
    panels.map(({ title, yName, series }) => [
      [title, yName].filter((part) => part !== '').join(': '),
      Object.fromEntries(
        series.map(({ name, points }) => [name, points.map(({ x, y }) => [x, Number(y.mean.toFixed(6))])]),
      ),
    ]),
  );
}

/** An interval made of so many values. */
export function interval(mean: number, half = 0, count = 2): Estimate {
  return { mean, low: mean - half, high: mean + half, count };
}
