import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RoundPlan } from '../../src/model/index.js';
import { planRound, tetriserve, type TetriserveOptions } from '../../src/policies/index.js';
import { builtinProfile } from '../../src/profile/index.js';
import type { RequestState, RoundInput } from '../../src/rounds/index.js';
import { randomRoundInput } from '../../src/testing/index.js';
import {
  chunksOf,
  factsOf,
  gpusOf,
  outcomesOf,
  placesOf,
  profileOf,
  situation,
  survives,
  survivorsOf,
  want,
} from './fixtures.js';

const seeds = fc.nat();

/** The request as it is after its chunk of the plan. */
function after(request: RequestState, plan: RoundPlan): RequestState {
  const chunk = plan.assignments.find(({ requestIds }) => requestIds.includes(request.id));
  if (chunk === undefined) return request;
  return { ...request, stepsDone: (request.stepsDone ?? 0) + chunk.steps, lastGpus: chunk.gpus };
}

/** The GPUs that a plan leaves idle. */
function idleOf(input: RoundInput, plan: RoundPlan): number {
  return input.gpus.length - plan.assignments.reduce((sum, { degree }) => sum + degree, 0);
}

describe('degrees', () => {
  const flux = builtinProfile('flux.1-dev_h100');

  test('small shapes stay at degree 1, also where GPUs are idle: more would only slow them down', () => {
    const requests = [1, 2, 3].map((n) => want(`r${n}`, 256, 28, 1500));
    expect(Object.values(chunksOf(planRound(situation(flux, gpusOf(8), requests)))).map((chunk) => chunk[0])).toEqual([
      '1',
      '1',
      '1',
    ]);
  });

  test('large shapes that are due soon get as many as it takes', () => {
    const plan = planRound(situation(flux, gpusOf(8), [want('r', 2048, 28, 3500)]), tetriserve({ scaleUp: false }));
    expect(plan.assignments[0]?.degree).toBe(8);
  });

  test('a deadline that is far away costs one GPU', () => {
    const plan = planRound(
      situation(flux, gpusOf(8), [want('r', 1024, 28, 60_000)]),
      tetriserve({ scaleUp: false, roundMs: 1000 }),
    );
    expect(chunksOf(plan)).toEqual({ r: '1 x 6' });
    expect(outcomesOf(plan)).toEqual({ r: 'running least-gpu-time' });
  });

  test('go no further than the largest domain', () => {
    const input = situation(flux, gpusOf(8, 2), [want('r', 2048, 28, 30_000)]);
    const [chunk] = planRound(input).assignments;
    expect(chunk?.degree).toBeLessThanOrEqual(2);
    expect(Math.floor(chunk!.gpus[0]! / 2)).toBe(Math.floor(chunk!.gpus.at(-1)! / 2));
  });
});

describe('rounds', () => {
  test('hold the steps that they are made for, at any time of day', () => {
    const times = fc.double({ min: 5, max: 500, noNaN: true });
    const epochs = fc.double({ min: 1.6e12, max: 2e12, noNaN: true });
    fc.assert(
      fc.property(times, epochs, fc.integer({ min: 1, max: 10 }), (stepMs, nowMs, stepGranularity) => {
        const profile = profileOf({ 512: { 1: stepMs } });
        const request = want('r', 512, 50, nowMs + 1e6, { arrivalMs: nowMs });
        const plan = planRound(situation(profile, gpusOf(1), [request], nowMs), tetriserve({ stepGranularity }));
        expect(chunksOf(plan)).toEqual({ r: `1 x ${stepGranularity}` });
      }),
    );
  });

  test('a step that is longer than a round is run all the same', () => {
    const profile = profileOf({ 256: { 1: 10 }, 2048: { 1: 5000 } });
    const requests = [want('slow', 2048, 3, 60_000), want('quick', 256, 3, 1000)];
    const plan = planRound(situation(profile, gpusOf(2), requests), tetriserve({ roundMs: 50 }));
    expect(chunksOf(plan)).toEqual({ slow: '1 x 1', quick: '1 x 3' });
  });

  test('encoding takes its share of the first one', () => {
    const profile = profileOf({ 512: { ms: { 1: 20 }, more: { encodeMs: 30 } } });
    const policy = tetriserve({ roundMs: 100 });
    const first = planRound(situation(profile, gpusOf(1), [want('r', 512, 20, 9000)]), policy);
    const second = planRound(situation(profile, gpusOf(1), [want('r', 512, 20, 9000, { stepsDone: 3 })]), policy);
    expect([chunksOf(first), chunksOf(second)]).toEqual([{ r: '1 x 3' }, { r: '1 x 5' }]);
    expect(first.assignments[0]?.endMs).toBe(90);
  });
});

describe('placement', () => {
  const profile = profileOf({ 512: { 1: 40, 2: 25, 4: 15 } });
  const inputs = ['a', 'b', 'c'].map((id, index) => want(id, 512, 40, 4000 + index));

  test('keeps the GPUs of every request over successive rounds: a wider group holds the old one, a narrower one is part of it', () => {
    const policy = tetriserve({ roundMs: 200 });
    let requests: RequestState[] = inputs;
    for (let nowMs = 0; nowMs < 1000; nowMs += 200) {
      // Others come first in the list each time.
      const plan = planRound(situation(profile, gpusOf(4), requests.reverse(), nowMs), policy);
      const places = placesOf(plan);
      for (const { id, lastGpus = places[id]! } of requests) {
        const kept = places[id]!.filter((gpu) => lastGpus.includes(gpu));
        expect(kept).toHaveLength(Math.min(lastGpus.length, places[id]!.length));
      }
      requests = requests.map((request) => after(request, plan));
    }
  });

  test('keeps them although lower ones have become free', () => {
    const request = want('r', 512, 40, 3000, { stepsDone: 5, lastGpus: [3] });
    const input = situation(profile, gpusOf(4), [request]);
    const place = (options: TetriserveOptions): readonly number[] =>
      placesOf(planRound(input, tetriserve({ ...options, scaleUp: false })))['r']!;
    expect(place({})).toEqual([3]);
    expect(place({ placement: false })).toEqual([0]);
  });
});

describe('work conservation', () => {
  // Found in the orchestrator example: a request alone on eight GPUs stayed at one of them to its end.
  test('widens past a degree at which no step fits the round either', () => {
    const profile = profileOf({ 512: { 1: 100, 2: 70, 4: 40 } });
    const late = want('late', 512, 5, 10);
    const plan = planRound(situation(profile, gpusOf(4), [late]), tetriserve({ roundMs: 60 }));
    expect(chunksOf(plan)).toEqual({ late: '4 x 1' });
  });

  test('widens past a degree that does no more steps in the round', () => {
    const profile = profileOf({ 512: { 1: 50, 2: 40, 4: 20 } });
    const plan = planRound(situation(profile, gpusOf(4), [want('r', 512, 5, 5000)]), tetriserve({ roundMs: 60 }));
    expect(chunksOf(plan)).toEqual({ r: '4 x 3' });
  });

  test('shortens a step that runs over the end of the round at any degree', () => {
    const profile = profileOf({ 512: { 1: 100, 2: 70 } });
    const plan = planRound(situation(profile, gpusOf(2), [want('late', 512, 5, 10)]), tetriserve({ roundMs: 60 }));
    expect(chunksOf(plan)).toEqual({ late: '2 x 1' });
  });

  // One domain, everything free. A batch may not be widened at all where the wider one was not measured.
  const quiet = fc.tuple(
    seeds,
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 0, max: 8 }),
    fc.integer({ min: 20, max: 500 }),
  );
  const situationOf = ([seed, gpus, requests]: readonly [number, number, number, number]): RoundInput =>
    randomRoundInput(seed, { gpus, requests, domains: 1, quiet: true });

  test('no request waits beside GPUs that are enough for one of its degrees at which a step fits the round', () => {
    fc.assert(
      fc.property(quiet, (drawn) => {
        const input = situationOf(drawn);
        const roundMs = drawn[3];
        const plan = planRound(input, tetriserve({ roundMs, batching: false }));
        const idle = idleOf(input, plan);
        const ran = new Set(Object.keys(chunksOf(plan)));
        const wasted = factsOf(input).filter(
          ({ id, degrees, stepMs, encodeMs }) =>
            !ran.has(id) && degrees.some((degree) => degree <= idle && encodeMs + stepMs(degree) <= roundMs),
        );
        expect(wasted.map(({ id }) => id)).toEqual([]);
      }),
    );
  });

  test('not even one that is worth less than those that run', () => {
    // Both are only saved by four GPUs. The second one is not saved, but two GPUs are left for it.
    const profile = profileOf({ 512: { 1: 100, 2: 60, 4: 40 } });
    const requests = [want('first', 512, 5, 210), want('second', 512, 5, 211)];
    const plan = planRound(situation(profile, gpusOf(6), requests), tetriserve({ roundMs: 200 }));
    expect(chunksOf(plan)).toEqual({ first: '4 x 5', second: '2 x 3' });
  });

  test('no request runs beside GPUs with which it would do more steps, or end earlier, in the round', () => {
    fc.assert(
      fc.property(quiet, (drawn) => {
        const input = situationOf(drawn);
        const roundMs = drawn[3];
        const plan = planRound(input, tetriserve({ roundMs, batching: false }));
        const idle = idleOf(input, plan);
        const wasted = factsOf(input).filter(({ id, degrees, stepMs, remaining, encodeMs }) => {
          const chunk = plan.assignments.find(({ requestIds }) => requestIds.includes(id));
          if (chunk === undefined) return false;
          // Step by step up the degrees, as long as each one is faster than the last.
          const next = degrees.find((degree) => degree > chunk.degree && stepMs(degree) < stepMs(chunk.degree));
          if (next === undefined || next - chunk.degree > idle) return false;
          const inRound = (degree: number): number => Math.floor((roundMs - encodeMs) / stepMs(degree));
          return chunk.endMs <= plan.endMs! && (chunk.steps === remaining || inRound(next) > chunk.steps);
        });
        expect(wasted.map(({ id }) => id)).toEqual([]);
      }),
    );
  });

  test('idle GPUs make a request faster than it need be', () => {
    const profile = profileOf({ 1024: { 1: 100, 2: 60, 4: 40 } });
    const input = situation(profile, gpusOf(4), [want('r', 1024, 20, 60_000)]);
    const run = (scaleUp: boolean): unknown => {
      const plan = planRound(input, tetriserve({ roundMs: 300, scaleUp }));
      return [chunksOf(plan)['r'], outcomesOf(plan)['r']];
    };
    expect(run(true)).toEqual(['4 x 7', 'running scaled-up']);
    expect(run(false)).toEqual(['1 x 3', 'running least-gpu-time']);
  });

  test('those gain first who gain most by a GPU', () => {
    const profile = profileOf({ 512: { 1: 50, 2: 40 }, 1024: { 1: 100, 2: 55 } });
    const requests = [want('small', 512, 20, 50_000), want('large', 1024, 20, 60_000)];
    const plan = planRound(situation(profile, gpusOf(3), requests), tetriserve({ roundMs: 300 }));
    expect(chunksOf(plan)).toEqual({ small: '1 x 6', large: '2 x 5' });
  });

  test('does not take a place from another: scaling up leaves everybody in a domain', () => {
    // b and c need two GPUs each, a needs one: that fits two domains of three GPUs. Two for a would not.
    const profile = profileOf({ 512: { 1: 100, 2: 60 } });
    const requests = [want('a', 512, 2, 250), want('b', 512, 10, 640), want('c', 512, 10, 641)];
    const input = situation(profile, gpusOf(6, 3), requests);
    const plan = planRound(input, tetriserve({ roundMs: 500, queueingRounds: 0 }));
    expect(chunksOf(plan)).toMatchObject({ b: '2 x 8', c: '2 x 8' });
    expect(survivorsOf(input, plan).size).toBe(3);
  });
});

describe('requests that are definitely late', () => {
  const profile = profileOf({ 512: { 1: 50, 2: 30, 4: 20 }, 1024: { 2: 80, 4: 50 } });

  test('wait while others need the GPUs', () => {
    const requests = [want('late', 512, 10, 100), want('a', 512, 10, 560), want('b', 512, 10, 561)];
    const plan = planRound(situation(profile, gpusOf(2), requests), tetriserve({ roundMs: 250, queueingRounds: 0 }));
    expect(outcomesOf(plan)).toEqual({
      late: 'best-effort late-waiting',
      a: 'running least-gpu-time',
      b: 'running least-gpu-time',
    });
  });

  test('get one GPU each, oldest first, where there are more', () => {
    const requests = [
      want('younger', 512, 10, 100, { arrivalMs: -5 }),
      want('older', 512, 10, 150, { arrivalMs: -10 }),
      want('a', 512, 10, 560),
    ];
    const plan = planRound(
      situation(profile, gpusOf(2), requests),
      tetriserve({ roundMs: 250, queueingRounds: 0, scaleUp: false }),
    );
    expect(outcomesOf(plan)).toMatchObject({ older: 'best-effort late-running', younger: 'best-effort late-waiting' });
    expect(plan.assignments.map(({ degree }) => degree)).toEqual([1, 1]);
  });

  test('get the smallest degree that their shape has', () => {
    const plan = planRound(
      situation(profile, gpusOf(4), [want('late', 1024, 10, 100)]),
      tetriserve({ scaleUp: false }),
    );
    expect(plan.assignments[0]?.degree).toBe(2);
  });

  test('change nothing for the others', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 8 }), (seed, gpus) => {
        const input = randomRoundInput(seed, { gpus, requests: 8, domains: 1, quiet: true });
        const late = new Set(
          planRound(input).outcomes.flatMap(({ status, requestId }) => (status === 'best-effort' ? requestId : [])),
        );
        const without = { ...input, requests: input.requests.filter(({ id }) => !late.has(id)) };
        // Of one round length, as that depends on who is there; scaling up takes what late ones leave, so apart from it.
        const policy = tetriserve({ roundMs: 200, scaleUp: false, batching: false });
        const others = (plan: RoundPlan): unknown =>
          Object.entries(chunksOf(plan))
            .filter(([id]) => !late.has(id))
            .sort();
        expect(others(planRound(input, policy))).toEqual(others(planRound(without, policy)));
      }),
    );
  });
});

describe('batching', () => {
  const batched = profileOf({
    256: { ms: { 1: 20 }, more: { batchStepMs: { '2': { '1': 26 }, '3': { '1': 33 } } } },
    512: { 1: 40 },
  });
  const policy = tetriserve({ roundMs: 200, queueingRounds: 0 });

  test('lets a request join one of its shape where no GPU is left', () => {
    const requests = [want('a', 256, 5, 400), want('b', 256, 5, 300)];
    const plan = planRound(situation(batched, gpusOf(1), requests), policy);
    expect(plan.assignments.map(({ requestIds, steps, endMs }) => ({ requestIds, steps, endMs }))).toEqual([
      { requestIds: ['b', 'a'], steps: 5, endMs: 130 },
    ]);
    expect(outcomesOf(plan)).toEqual({ a: 'running batched', b: 'running least-gpu-time' });
    const alone = planRound(situation(batched, gpusOf(1), requests), tetriserve({ roundMs: 200, batching: false }));
    expect(alone.assignments.map(({ requestIds }) => requestIds.length)).toEqual([1]);
  });

  test('also where one has fewer steps left: the batch goes as far as all of them', () => {
    const requests = [want('a', 256, 5, 300), want('b', 256, 9, 600, { stepsDone: 6 })];
    expect(chunksOf(planRound(situation(batched, gpusOf(1), requests), policy))).toEqual({ a: '1 x 3', b: '1 x 3' });
  });

  test('only for sizes that were measured', () => {
    const requests = ['a', 'b', 'c', 'd'].map((id, index) => want(id, 256, 5, 1000 + index));
    const plan = planRound(situation(batched, gpusOf(1), requests), policy);
    expect(plan.assignments.map(({ requestIds }) => requestIds)).toEqual([['a', 'b', 'c']]);
  });

  test('only for one shape', () => {
    const requests = [want('a', 256, 5, 400), want('b', 512, 5, 500)];
    expect(planRound(situation(batched, gpusOf(1), requests), policy).assignments).toHaveLength(1);
  });

  test('shapes are the same in whatever words', () => {
    const requests = [want('a', 256, 5, 300), want('b', 256, 5, 400, { shape: '256x256x1' })];
    for (const order of [
      requests,
      [requests[1]!, requests[0]!].map((each, index) => ({ ...each, deadlineMs: 300 + index })),
    ]) {
      expect(Object.keys(chunksOf(planRound(situation(batched, gpusOf(1), order), policy))).sort()).toEqual(['a', 'b']);
    }
  });

  test('not where a member would miss its deadline by it', () => {
    const requests = [want('a', 256, 5, 129), want('b', 256, 5, 400)];
    expect(Object.keys(chunksOf(planRound(situation(batched, gpusOf(1), requests), policy)))).toEqual(['a']);
  });

  test('not where its GPU becomes free only later, and a member would miss its deadline by it', () => {
    // From 80 on, a alone ends at 180; with b it would end at 210.
    const requests = [want('a', 256, 5, 200), want('b', 256, 5, 400)];
    const plan = planRound(situation(batched, [{ id: 0, busyUntilMs: 80 }], requests), policy);
    expect(plan.assignments).toMatchObject([{ requestIds: ['a'], steps: 5, endMs: 180 }]);
  });

  test('not where it saves no time', () => {
    const slow = profileOf({ 256: { ms: { 1: 20 }, more: { batchStepMs: { '2': { '1': 40 } } } } });
    const requests = [want('a', 256, 5, 1000), want('b', 256, 5, 2000)];
    expect(planRound(situation(slow, gpusOf(1), requests), policy).assignments[0]?.requestIds).toEqual(['a']);
  });

  test('never hurts a member: whoever would survive alone survives in the batch', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 4 }), (seed, gpus) => {
        const input = randomRoundInput(seed, { gpus, requests: 10, domains: 1, quiet: true });
        const plan = planRound(input, tetriserve({ scaleUp: false }));
        const survivors = survivorsOf(input, plan);
        const hurt = plan.assignments
          .filter(({ requestIds }) => requestIds.length > 1)
          .flatMap(({ requestIds, degree }) => {
            const members = factsOf(input).filter(({ id }) => requestIds.includes(id));
            return members.filter((facts) => {
              const windowMs = plan.endMs! - plan.startMs - facts.encodeMs;
              const steps = Math.min(facts.remaining, Math.floor(windowMs / facts.stepMs(degree) + 1e-9));
              const chunkEndMs = plan.startMs + facts.encodeMs + steps * facts.stepMs(degree);
              return survives(facts, steps, chunkEndMs, plan.endMs!) && !survivors.has(facts.id);
            });
          });
        expect(hurt).toEqual([]);
      }),
    );
  });
});

describe('a GPU that is busy early in the round', () => {
  const profile = profileOf({ 512: { 1: 100 } });
  const policy = tetriserve({ roundMs: 1000, queueingRounds: 0, scaleUp: false });

  test('is waited for', () => {
    const input = situation(profile, [{ id: 0, busyUntilMs: 400 }], [want('r', 512, 50, 20_000)]);
    expect(planRound(input, policy).assignments).toMatchObject([{ gpus: [0], steps: 6, startMs: 400, endMs: 1000 }]);
  });

  test('is not, if it is busy for half of the round', () => {
    const input = situation(profile, [{ id: 0, busyUntilMs: 500 }], [want('r', 512, 50, 20_000)]);
    expect(outcomesOf(planRound(input, policy))).toEqual({ r: 'deferred can-wait' });
  });

  test('does not go to the request that needs the whole round, while another one has time', () => {
    const gpus = [{ id: 0, busyUntilMs: 400 }, { id: 1 }];
    const input = situation(profile, gpus, [want('tight', 512, 9, 950), want('easy', 512, 9, 20_000)]);
    expect(placesOf(planRound(input, policy))['tight']).toEqual([1]);
  });
});

describe('options', () => {
  test.each<[TetriserveOptions, string, string]>([
    [{ stepGranularity: 0 }, 'out-of-range', 'stepGranularity'],
    [{ stepGranularity: 2.5 }, 'out-of-range', 'stepGranularity'],
    [{ roundMs: 0 }, 'out-of-range', 'roundMs'],
    [{ roundMs: Infinity }, 'out-of-range', 'roundMs'],
    [{ roundMs: '5' as never }, 'invalid-type', 'roundMs'],
    [{ placement: 1 as never }, 'invalid-type', 'placement'],
    [{ scaleUp: null as never }, 'invalid-type', 'scaleUp'],
    [{ batching: 'no' as never }, 'invalid-type', 'batching'],
    [{ queueingRounds: -1 }, 'out-of-range', 'queueingRounds'],
    [{ queueingRounds: NaN }, 'out-of-range', 'queueingRounds'],
  ])('%j is refused', (options, code, path) => {
    expect(() => tetriserve(options)).toThrow(expect.objectContaining({ code, path }) as Error);
  });

  test('the round is as long as it is told', () => {
    const input = randomRoundInput(5, { requests: 4 });
    expect(planRound(input, tetriserve({ roundMs: 64 })).endMs).toBe(input.nowMs + 64);
  });

  test('without batching nobody shares; without scaling up nobody is scaled up or started for idleness', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const input = randomRoundInput(seed);
        const alone = planRound(input, tetriserve({ batching: false }));
        expect(alone.assignments.every(({ requestIds }) => requestIds.length === 1)).toBe(true);
        const reasons = planRound(input, tetriserve({ scaleUp: false })).outcomes.map(({ reason }) => reason);
        expect(reasons.filter((reason) => reason === 'scaled-up' || reason === 'idle-gpus')).toEqual([]);
      }),
    );
  });
});
