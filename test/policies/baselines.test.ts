import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCluster } from '../../src/model/index.js';
import { edf, fixedDegree, perShape, planRound, srpt } from '../../src/policies/index.js';
import { widestEfficientDegree } from '../../src/parallelism/index.js';
import { parallelEfficiency } from '../../src/parallelism/index.js';
import { builtinProfile } from '../../src/profile/index.js';
import { simulate } from '../../src/simulation/index.js';
import { randomRoundInput } from '../../src/testing/index.js';
import { chunksOf, gpusOf, outcomesOf, placesOf, profileOf, situation, want } from './fixtures.js';

const flux = builtinProfile('flux.1-dev_h100');
const seeds = fc.nat();

describe('fixed degree', () => {
  const profile = profileOf({ 256: { 1: 10, 2: 12 }, 512: { 1: 40, 2: 25, 4: 15 }, 1024: { 2: 90, 4: 50 } });

  test('cuts the GPUs into groups, and runs first come, first served', () => {
    const requests = [
      want('third', 512, 10, 100, { arrivalMs: -1 }),
      want('second', 512, 10, 900, { arrivalMs: -2 }),
      want('first', 512, 10, 9000, { arrivalMs: -3 }),
    ];
    const plan = planRound(situation(profile, gpusOf(5), requests), fixedDegree(2));
    expect(placesOf(plan)).toEqual({ first: [0, 1], second: [2, 3] });
    expect(outcomesOf(plan)).toEqual({
      first: 'running fixed-degree',
      second: 'running fixed-degree',
      third: 'best-effort late-waiting',
    });
    expect(plan.endMs).toBeNull();
  });

  test('runs all steps in one chunk', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(1, 2, 4, 8), (seed, degree) => {
        const input = randomRoundInput(seed);
        for (const { requestIds, steps, degree: width } of planRound(input, fixedDegree(degree)).assignments) {
          const request = input.requests.find(({ id }) => id === requestIds[0])!;
          expect(requestIds).toHaveLength(1);
          expect(steps).toBe(request.steps - (request.stepsDone ?? request.startStep ?? 0));
          expect(width).toBeLessThanOrEqual(degree);
        }
      }),
    );
  });

  test('a shape that lacks the degree runs at its largest smaller one, in a group of this size', () => {
    const requests = [want('a', 256, 5, 900), want('b', 256, 5, 901), want('c', 1024, 5, 902)];
    const plan = planRound(situation(profile, gpusOf(12), requests), fixedDegree(4));
    expect(placesOf(plan)).toEqual({ a: [0, 1], b: [4, 5], c: [8, 9, 10, 11] });
  });

  test('a shape without a degree that is small enough waits', () => {
    const plan = planRound(situation(profile, gpusOf(4), [want('r', 1024, 5, 9000)]), fixedDegree(1));
    expect(outcomesOf(plan)).toEqual({ r: 'deferred no-placement' });
  });

  test('groups lie in one domain, also where domains take turns', () => {
    const gpus = [0, 1, 2, 3, 4, 5].map((id) => ({ id, domain: id % 2 }));
    const requests = ['a', 'b', 'c'].map((id, index) => want(id, 512, 5, 900, { arrivalMs: index - 5 }));
    expect(placesOf(planRound(situation(profile, gpus, requests), fixedDegree(2)))).toEqual({ a: [0, 2], b: [1, 3] });
  });

  test('a group that is busy in part is not used', () => {
    const gpus = [{ id: 0 }, { id: 1, busyUntilMs: 5 }, { id: 2 }, { id: 3 }];
    expect(placesOf(planRound(situation(profile, gpus, [want('r', 512, 5, 900)]), fixedDegree(2)))).toEqual({
      r: [2, 3],
    });
  });

  test('takes nothing back that runs', () => {
    // The second request is due much sooner, and waits for the first one to its end.
    const trace = {
      schemaVersion: 1 as const,
      requests: [want('long', 512, 50, 9000), want('short', 256, 1, 60, { arrivalMs: 1 })],
    };
    const { log } = simulate({ trace, profile, cluster: createCluster(1), policy: fixedDegree(1), switchMs: 0 });
    expect(log.map(({ requestIds, steps, startMs }) => [requestIds[0], steps, startMs])).toEqual([
      ['long', 50, 0],
      ['short', 1, 2000],
    ]);
  });

  test.each([0, -1, 1.5, NaN])('refuses a degree of %s', (degree) => {
    expect(() => fixedDegree(degree)).toThrow(
      expect.objectContaining({ code: 'out-of-range', path: 'degree' }) as Error,
    );
  });
});

describe('per shape', () => {
  test('gives the degrees of the paper: 1, 1, 2 and 8', () => {
    expect(flux.shapes.map(widestEfficientDegree)).toEqual([1, 1, 2, 8]);
    const requests = [256, 512, 1024].map((side, index) => want(`r${side}`, side, 28, 9000 + index));
    expect(chunksOf(planRound(situation(flux, gpusOf(8), requests), perShape()))).toEqual({
      r256: '1 x 28',
      r512: '1 x 28',
      r1024: '2 x 28',
    });
    expect(chunksOf(planRound(situation(flux, gpusOf(8), [want('r', 2048, 28, 9000)]), perShape()))).toEqual({
      r: '8 x 28',
    });
  });

  test('the best degree is the largest that is efficient', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        for (const times of randomRoundInput(seed).profile.shapes) {
          const best = widestEfficientDegree(times);
          expect(parallelEfficiency(times, best)).toBeGreaterThanOrEqual(0.7);
          const wider = times.degrees.filter((degree) => degree > best);
          expect(wider.every((degree) => parallelEfficiency(times, degree) < 0.7)).toBe(true);
        }
      }),
    );
  });

  test('whoever does not fit blocks those behind', () => {
    const requests = [
      want('first', 1024, 28, 9000, { arrivalMs: -3 }),
      want('wide', 2048, 28, 9000, { arrivalMs: -2 }),
      want('small', 256, 28, 9000, { arrivalMs: -1 }),
    ];
    const plan = planRound(situation(flux, gpusOf(8), requests), perShape());
    expect(outcomesOf(plan)).toEqual({
      first: 'running fixed-degree',
      wide: 'deferred no-capacity',
      small: 'deferred no-capacity',
    });
  });
});

describe('earliest deadline first', () => {
  const profile = profileOf({ 256: { 1: 10 }, 512: { 1: 100, 2: 60, 4: 40 }, 1024: { 1: 300, 2: 150, 3: 100 } });

  test('takes the smallest degree that meets the deadline, one step at a time', () => {
    const requests = [want('tight', 512, 10, 450), want('medium', 512, 10, 600), want('easy', 256, 10, 9000)];
    const plan = planRound(situation(profile, gpusOf(7), requests), edf());
    expect(chunksOf(plan)).toEqual({ tight: '4 x 1', medium: '2 x 1', easy: '1 x 1' });
    expect(outcomesOf(plan)['medium']).toBe('running smallest-feasible-degree');
    expect(plan.endMs).toBeNull();
  });

  test('keeps its GPUs', () => {
    const request = want('r', 256, 10, 9000, { stepsDone: 3, lastGpus: [2] });
    expect(placesOf(planRound(situation(profile, gpusOf(4), [request]), edf()))).toEqual({ r: [2] });
  });

  test('promotes to GPUs that nobody else wants, and keeps its own', () => {
    const request = want('r', 512, 10, 9000, { stepsDone: 3, lastGpus: [2] });
    const plan = planRound(situation(profile, gpusOf(4), [request]), edf());
    expect(chunksOf(plan)).toEqual({ r: '4 x 1' });
    expect(outcomesOf(plan)).toEqual({ r: 'running scaled-up' });
  });

  test('holds GPUs for a group that is not complete yet', () => {
    const gpus = [{ id: 0 }, { id: 1, busyUntilMs: 50 }];
    const requests = [want('wide', 512, 10, 660), want('next', 512, 10, 9000)];
    const plan = planRound(situation(profile, gpus, requests), edf());
    expect(outcomesOf(plan)).toEqual({ wide: 'deferred gpus-held', next: 'deferred no-capacity' });
    expect(plan.assignments).toEqual([]);
  });

  test('lends held GPUs for a step that ends before the group is complete', () => {
    const gpus = [{ id: 0 }, { id: 1, busyUntilMs: 50 }];
    const requests = [want('wide', 512, 10, 660), want('short', 256, 10, 9000)];
    const plan = planRound(situation(profile, gpus, requests), edf());
    expect(outcomesOf(plan)).toEqual({ wide: 'deferred gpus-held', short: 'running smallest-feasible-degree' });
  });

  test('also where what completes the group has only just been given out', () => {
    // first takes three of four GPUs for 100 ms; second wants two; third would be done with the fourth after 10.
    const requests = [want('first', 1024, 10, 1000), want('second', 512, 20, 1250), want('third', 256, 2, 1300)];
    const plan = planRound(situation(profile, gpusOf(4), requests), edf());
    expect(outcomesOf(plan)).toEqual({
      first: 'running smallest-feasible-degree',
      second: 'deferred gpus-held',
      third: 'running smallest-feasible-degree',
    });
  });

  test('late requests come last, oldest first', () => {
    const requests = [
      want('young', 256, 10, 20, { arrivalMs: -1 }),
      want('old', 256, 10, 30, { arrivalMs: -2 }),
      want('fine', 256, 10, 9000),
    ];
    const plan = planRound(situation(profile, gpusOf(2), requests), edf());
    expect(outcomesOf(plan)).toEqual({
      fine: 'running smallest-feasible-degree',
      old: 'best-effort late-running',
      young: 'best-effort late-waiting',
    });
  });
});

describe('shortest remaining time first', () => {
  const profile = profileOf({ 256: { 1: 10 }, 512: { 1: 100, 2: 60 } });

  test('is in order of the remaining time, whatever the deadlines', () => {
    const requests = [
      want('long', 256, 50, 100),
      want('short', 256, 10, 9000),
      want('nearly', 512, 20, 9000, { stepsDone: 19 }),
    ];
    const order = [1, 2, 3].map((count) =>
      Object.keys(chunksOf(planRound(situation(profile, gpusOf(count), requests), srpt()))).sort(),
    );
    expect(order).toEqual([['nearly'], ['nearly'], ['nearly', 'short']]);
  });

  test('is one step at a time, at the best degree of the shape', () => {
    const requests = [want('a', 512, 20, 9000), want('b', 256, 20, 9000), want('c', 256, 21, 9000)];
    expect(chunksOf(planRound(situation(profile, gpusOf(4), requests), srpt()))).toEqual({
      a: '2 x 1',
      b: '1 x 1',
      c: '1 x 1',
    });
  });

  test('of equals, the oldest', () => {
    const requests = [want('a', 256, 5, 9000), want('b', 256, 5, 9000, { arrivalMs: -1 })];
    expect(Object.keys(chunksOf(planRound(situation(profile, gpusOf(1), requests), srpt())))).toEqual(['b']);
  });
});

test('no baseline batches, and all start now', () => {
  fc.assert(
    fc.property(seeds, fc.constantFrom(fixedDegree(2), perShape(), edf(), srpt()), (seed, policy) => {
      const input = randomRoundInput(seed);
      for (const { requestIds, startMs } of planRound(input, policy).assignments) {
        expect([requestIds.length, startMs]).toEqual([1, input.nowMs]);
      }
    }),
  );
});
