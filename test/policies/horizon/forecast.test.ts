import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createForecast } from '../../../src/policies/horizon/forecast.js';
import { createCluster } from '../../../src/model/index.js';
import { sortRequests } from '../../../src/policies/horizon/jobs.js';
import { createPool } from '../../../src/policies/horizon/pool.js';
import { parseRoundInput, type GpuState, type RequestState } from '../../../src/rounds/index.js';
import { randomRoundInput } from '../../../src/testing/index.js';
import { gpusOf, profileOf, situation, want } from '../fixtures.js';

const profile = profileOf({
  256: { 1: 10 },
  512: { 1: 40, 2: 24, 4: 20 },
  1024: { 1: 160, 2: 90, 4: 50, 8: 30 },
});

/** The first moment of a forecast for these requests, as degrees by request; 0 for those that do not run. */
function firstMoment(gpus: readonly GpuState[], requests: readonly RequestState[], marginSteps = 0) {
  const input = parseRoundInput(situation(profile, gpus, requests));
  const { jobs } = sortRequests(input);
  const forecast = createForecast(jobs, createPool(input.gpus, input.nowMs), { marginSteps });
  const late = forecast.roll();
  const at = (list: Int32Array): Readonly<Record<string, number>> =>
    Object.fromEntries(jobs.map(({ request, curve }, i) => [request.id, curve.degrees[list[i] as number] ?? 0]));
  return {
    late: late < 0 ? undefined : jobs[late]?.request.id,
    degrees: at(forecast.degreeNow),
    needs: at(forecast.needNow),
    domains: Object.fromEntries(jobs.map(({ request }, i) => [request.id, forecast.domainNow[i]])),
    served: Object.fromEntries(jobs.map(({ request }, i) => [request.id, forecast.servedMs[i]])),
  };
}

describe('in the first moment', () => {
  test('the narrowest degree that meets the deadline is needed, and idle GPUs go to the largest gain', () => {
    // At one GPU it would take 1600 ms, at two 900.
    const { needs, degrees } = firstMoment(gpusOf(8), [want('a', 1024, 10, 1000), want('b', 512, 10, 5000)]);
    expect(needs).toEqual({ a: 2, b: 1 });
    expect(degrees).toEqual({ a: 4, b: 4 });
  });

  test('whoever comes later in line gets what is left, and is served when more is free', () => {
    const { degrees, needs, served } = firstMoment(gpusOf(8), [want('a', 1024, 10, 350), want('b', 1024, 10, 900)]);
    expect(needs).toEqual({ a: 8, b: 2 });
    expect(degrees).toEqual({ a: 8, b: 0 });
    expect(served['b']).toBeCloseTo(300, 6);
  });

  test('a narrower degree than is needed is better than none', () => {
    const { degrees, needs, late } = firstMoment(gpusOf(8), [want('a', 512, 10, 210), want('b', 1024, 10, 420)]);
    expect(needs).toEqual({ a: 4, b: 8 });
    expect(degrees).toEqual({ a: 4, b: 4 });
    // 200 ms at four GPUs are four steps; the other six take 180 at eight.
    expect(late).toBeUndefined();
  });

  test('GPUs that are busy are no part of it', () => {
    const gpus = gpusOf(8).map((gpu) => (gpu.id < 6 ? { ...gpu, busyUntilMs: 100 } : gpu));
    const { degrees, served } = firstMoment(gpus, [want('a', 1024, 10, 420)]);
    expect(degrees).toEqual({ a: 2 });
    expect(served['a']).toBeCloseTo(100, 6);
  });

  test('a margin asks for more only where there is more to be had', () => {
    const requests = [want('a', 1024, 10, 900), want('b', 1024, 10, 300)];
    expect(firstMoment(gpusOf(8), requests).needs).toEqual({ a: 2, b: 8 });
    expect(firstMoment(gpusOf(8), requests, 0.1).needs).toEqual({ a: 4, b: 8 });
  });

  test('the first that cannot make it with the others is named', () => {
    const requests = ['a', 'b', 'c'].map((id, index) => want(id, 1024, 10, 700 + index));
    expect(firstMoment(gpusOf(8), requests).late).toBe('c');
  });
});

describe('with several domains', () => {
  const twice = createCluster(16, 8).gpus;

  test('small groups share a domain, so that another one is left whole', () => {
    const requests = [want('a', 256, 10, 150), want('b', 256, 10, 160), want('wide', 1024, 10, 310)];
    expect(firstMoment(twice, requests)).toMatchObject({
      ...{ late: undefined, degrees: { a: 1, b: 1, wide: 8 }, domains: { a: 0, b: 0, wide: 1 } },
    });
  });

  test('no group spans two of them', () => {
    const busyGpus = twice.map((gpu) => ({ ...gpu, busyUntilMs: gpu.id % 8 < 4 ? 100 : 0 }));
    const { degrees, served } = firstMoment(busyGpus, [want('wide', 1024, 10, 400)]);
    expect(degrees).toEqual({ wide: 4 });
    expect(served['wide']).toBe(100);
  });

  test('a request stays where its latent is, if that leaves as much', () => {
    const { domains } = firstMoment(twice, [want('a', 256, 10, 150, { stepsDone: 1, lastGpus: [12] })]);
    expect(domains).toEqual({ a: 1 });
  });
});

test('GPUs are never given out twice, and never without need while someone goes without', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const input = parseRoundInput(randomRoundInput(seed));
      const { jobs } = sortRequests(input);
      const { degreeNow, domainNow, needNow, roll } = createForecast(jobs, createPool(input.gpus, input.nowMs), {
        marginSteps: 0,
      });
      if (roll() === 0) return;
      const given = jobs.map(({ curve }, i) => curve.degrees[degreeNow[i] as number] ?? 0);
      const free = new Map<number, number>();
      for (const { domain, freeAtMs } of input.gpus) {
        free.set(domain, (free.get(domain) ?? 0) + (freeAtMs <= input.nowMs ? 1 : 0));
      }
      for (const [domain, count] of free) {
        const there = given.filter((width, i) => width > 0 && domainNow[i] === domain);
        expect(there.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(count);
      }
      // Earliest deadline first: who has less than it needs would have found that in no domain.
      jobs.forEach(({ curve }, i) => {
        const need = needNow[i] as number;
        if (need < 0) return;
        const due = curve.degrees[need] as number;
        const width = Math.min(given[i] as number, due);
        if (width < due) expect(Math.max(...free.values())).toBeLessThan(due);
        const domain = domainNow[i] as number;
        if (width > 0) free.set(domain, (free.get(domain) as number) - width);
      });
    }),
  );
});
