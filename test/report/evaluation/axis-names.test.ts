import { expect, test } from 'vitest';
import { axisName, inWords, positionOn } from '../../../src/report/evaluation/axis-names.js';
import { expandExperiment } from '../../../src/simulation/evaluation/index.js';
import { experimentOf } from './by-hand.js';

const experiment = experimentOf({
  ...{ policies: [{ name: 'tetriserve', label: 'mine', options: { stepGranularity: 5, scaleUp: false } }] },
  ...{ gpus: [16], stepCvs: [0.07], slo: { base: 'paper', scales: [1.5] } },
});
const { setting } = expandExperiment(experiment)[0]!;

test('a run stands where its setting says', () => {
  expect(positionOn('gpus', '', setting)).toBe(16);
  expect(positionOn('mix', '', setting)).toBe('uniform');
  expect(positionOn('policy', '', setting)).toBe('mine');
  expect(positionOn('option', 'stepGranularity', setting)).toBe(5);
});

test('where one option is the axis, a policy is its name and its other options', () => {
  expect(positionOn('policy', 'stepGranularity', setting)).toBe('tetriserve (scaleUp false)');
  const bare = { ...setting, policy: { ...setting.policy, options: { stepGranularity: 5 } } };
  expect(positionOn('policy', 'stepGranularity', bare)).toBe('tetriserve');
});

test('positions are said in words, without the noise of binary fractions', () => {
  const say = (axis: Parameters<typeof inWords>[0], value: number | string): string => inWords(axis, value, experiment);
  expect(say('stepCv', 0.07)).toBe('steps vary by 7 %');
  expect(say('stepCv', 0)).toBe('steps as measured');
  expect(say('mix', 'skewed')).toBe('skewed mix');
  expect(say('mix', '256x256')).toBe('256x256');
  expect(say('rate', 12)).toBe('12/min');
  expect(say('sloScale', 1.5)).toBe('SLO x 1.5');
  expect(say('slowdown', 1.1)).toBe('steps x 1.1');
  expect(say('slowdown', 1)).toBe('profile right');
});

test('axes have names with units', () => {
  const nameOf = (unit: string): string =>
    axisName('rate', '', experimentOf({ rates: { unit, values: [1] }, slo: { base: 'fastest', scales: [1] } }));
  expect(['per-minute', 'per-minute-and-gpu', 'load'].map(nameOf)).toEqual([
    'requests a minute',
    'requests a minute and GPU',
    'load',
  ]);
  expect(axisName('sloScale', '', experiment)).toContain("the paper's deadlines");
  expect(axisName('option', 'chunkMs', experiment)).toBe('chunkMs');
});
