import { expect, test } from 'vitest';
import { boundOf, measured, ofShape } from '../../../src/report/evaluation/measures.js';
import { experimentOf, outcomesOf, result } from './by-hand.js';

const experiment = experimentOf({ policies: ['edf'], slo: { base: 'paper', scales: [1] }, bound: true });
const chart = experiment.charts[0]!;

test('a share of the bound leaves out seeds whose bound is 0 or missing', () => {
  const share = { ...chart, show: 'share-of-bound' } as const;
  const outcomes = outcomesOf(
    experiment,
    () => result(4),
    ({ seed }) => (seed === 1 ? 0 : 8),
  );
  expect(measured(share, outcomes)).toEqual({ mean: 0.5, low: 0.5, high: 0.5, count: 1 });
  expect(measured(share, outcomes.slice(0, 1))).toBeUndefined();
  expect(
    measured(
      share,
      outcomesOf(experiment, () => result(4)),
    ),
  ).toBeUndefined();
});

test('planning and the bound are nothing where nothing was kept', () => {
  const outcomes = outcomesOf(experiment, () => result(4));
  expect(measured({ ...chart, show: 'planning' }, outcomes)).toBeUndefined();
  expect(boundOf(outcomes)).toBeUndefined();
});

test('attainment of a shape is over what asked for it', () => {
  const outcomes = outcomesOf(experiment, ({ seed }) =>
    result(4, { perShape: { '256x256': seed === 1 ? { requests: 8, onTime: 2 } : { requests: 0, onTime: 0 } } }),
  );
  expect(ofShape('256x256', outcomes)).toEqual({ mean: 0.25, low: 0.25, high: 0.25, count: 1 });
  expect(ofShape('512x512', outcomes)).toBeUndefined();
});
