import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createForecast, type Forecast } from '../../../src/policies/horizon/forecast.js';
import { sortRequests, type Job } from '../../../src/policies/horizon/jobs.js';
import { keepThoseThatMakeIt } from '../../../src/policies/horizon/keep.js';
import { createPool } from '../../../src/policies/horizon/pool.js';
import type { MsByDegree } from '../../../src/profile/index.js';
import { parseRoundInput, type RequestState } from '../../../src/rounds/index.js';
import { gpusOf, profileOf, situation, want, type Squares } from '../fixtures.js';

const many = 1000;

/** The requests that are kept of these, and the forecast that says so. */
function keep(squares: Squares, gpuCount: number, requests: readonly RequestState[], maxForecasts = many) {
  const input = parseRoundInput(situation(profileOf(squares), gpusOf(gpuCount), requests));
  const { jobs } = sortRequests(input);
  const forecast: Forecast = createForecast(jobs, createPool(input.gpus, input.nowMs), { marginSteps: 0 });
  keepThoseThatMakeIt(jobs, forecast, maxForecasts);
  const ids = jobs.filter((_, i) => forecast.kept[i] === 1).map(({ request }) => request.id);
  return { ids, jobs, forecast };
}

/** The most jobs that one machine can complete on time: tries every set, earliest deadline first. */
function mostOnOneMachine(jobs: readonly Job[]): number {
  const lengthMs = (job: Job): number => job.steps * job.curve.minStepMs;
  let most = 0;
  for (let set = 0; set < 2 ** jobs.length; set++) {
    let atMs = 0;
    const chosen = jobs.filter((_, i) => (set >> i) % 2 === 1);
    if (chosen.every((job) => (atMs += lengthMs(job)) <= job.byMs + 1e-6)) most = Math.max(most, chosen.length);
  }
  return most;
}

const side = fc.constantFrom(256, 512, 1024);
const oneGpu = { 256: { 1: 10 }, 512: { 1: 25 }, 1024: { 1: 60 } };
const wishes = fc.array(fc.record({ side, steps: fc.integer({ min: 1, max: 9 }), slack: fc.nat(1500) }), {
  minLength: 1,
  maxLength: 9,
});

describe('who is kept', () => {
  test('on one machine are as many as can be on time, as Moore and Hodgson proved', () => {
    fc.assert(
      fc.property(wishes, (all) => {
        const requests = all.map((each, index) => want(`r${index}`, each.side, each.steps, 1 + each.slack));
        const { ids, jobs } = keep(oneGpu, 1, requests);
        expect(ids).toHaveLength(mostOnOneMachine(jobs));
      }),
    );
  });

  test('is found out in the order of deadlines, not of time', () => {
    // The last one is the first that cannot be saved, after 10 ms; but what has to go is the first, for the second.
    const requests = [want('a', 1024, 4, 240), want('b', 256, 1, 240), want('c', 1024, 4, 250)];
    expect(keep(oneGpu, 1, requests).ids).toEqual(['b', 'c']);
  });

  const curves = { 256: { 1: 20, 2: 21 }, 512: { 1: 60, 2: 40, 4: 30 }, 1024: { 1: 180, 2: 100, 4: 60, 8: 40 } };

  test('makes it together in the forecast', () => {
    fc.assert(
      fc.property(wishes, fc.constantFrom(2, 4, 8), (all, gpuCount) => {
        const requests = all.map((each, index) => want(`r${index}`, each.side, each.steps, 1 + each.slack));
        const { forecast, ids, jobs } = keep(curves, gpuCount, requests);
        expect(forecast.roll()).toBe(-1);
        expect(ids.length > 0 || jobs.length === 0).toBe(true);
      }),
    );
  });

  test('with a budget of one forecast are fewer at most, and the rest is decided on the way', () => {
    fc.assert(
      fc.property(wishes, (all) => {
        const requests = all.map((each, index) => want(`r${index}`, each.side, each.steps, 1 + each.slack));
        const [one, unlimited] = [keep(oneGpu, 1, requests, 1).ids, keep(oneGpu, 1, requests).ids];
        expect(one.length).toBeLessThanOrEqual(unlimited.length);
        expect(one.length > 0 || unlimited.length === 0).toBe(true);
      }),
    );
  });

  test('are two large requests after the other rather than three that all end late', () => {
    // Each needs all four GPUs for 600 ms; by 1300 ms there is time for two of them.
    const large: Record<number, MsByDegree> = { 1024: { 4: 60 } };
    const requests = ['a', 'b', 'c'].map((id, index) => want(id, 1024, 10, 1300 + index));
    expect(keep(large, 4, requests).ids).toEqual(['a', 'b']);
  });

  test('is not the one that costs most for its weight', () => {
    const requests = [want('cheap', 256, 20, 400), want('dear', 1024, 5, 401)];
    expect(keep(oneGpu, 1, requests).ids).toEqual(['cheap']);
    expect(keep(oneGpu, 1, [requests[0]!, { ...requests[1]!, weight: 3 }]).ids).toEqual(['dear']);
  });

  test('is the one that has come further, of equal ones', () => {
    const requests = [want('new', 1024, 10, 700), want('started', 1024, 10, 701, { stepsDone: 5 })];
    expect(keep(oneGpu, 1, requests).ids).toEqual(['started']);
  });
});
