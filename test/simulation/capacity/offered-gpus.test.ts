import { expect, test } from 'vitest';
import { builtinProfile } from '../../../src/profile/index.js';
import {
  constantArrivals,
  createWorkload,
  offeredGpus,
  paperSlo,
  parseTrace,
  rateForLoad,
  uniformMix,
} from '../../../src/simulation/index.js';

const profile = builtinProfile('flux.1-dev_h100');

test('is the load of rateForLoad() times the GPUs', () => {
  const mix = uniformMix(['512x512']);
  const steps = 20;
  const ratePerMin = rateForLoad({ load: 0.75, gpus: 16, profile, mix, steps });
  const arrivals = constantArrivals(ratePerMin);
  const trace = createWorkload({ profile, requests: 20_000, steps, seed: 1, arrivals, mix, slo: paperSlo() });
  expect(offeredGpus(trace, profile)).toBeCloseTo(12, 1);
});

test('counts no step that is skipped', () => {
  const trace = (request: object): number => {
    const whole = { id: 'a', shape: '1024x1024', steps: 20, arrivalMs: 0, deadlineMs: 1000 };
    return offeredGpus(parseTrace({ schemaVersion: 1, requests: [{ ...whole, ...request }] }), profile);
  };
  expect(trace({ startStep: 10 })).toBe(trace({ steps: 10 }));
  expect(trace({ startStep: 10 })).toBeLessThan(trace({}));
});

test('is 0 without requests, and without time', () => {
  expect(offeredGpus({ schemaVersion: 1, requests: [] }, profile)).toBe(0);
  const requests = [{ id: 'a', shape: '256x256', steps: 20, arrivalMs: 5, deadlineMs: 5 }];
  expect(offeredGpus({ schemaVersion: 1, requests }, profile)).toBe(0);
});
