import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RoundPlan } from '../../src/model/index.js';
import { planRound, tetriserve } from '../../src/policies/index.js';
import { roundOptions } from '../../src/policies/tetriserve/allocate.js';
import { pack } from '../../src/policies/tetriserve/pack.js';
import {
  isDefinitelyLate,
  parseRoundInput,
  type GpuState,
  type PlanningInput,
  type RoundInput,
} from '../../src/rounds/index.js';
import { randomRoundInput } from '../../src/testing/index.js';
import {
  factsOf,
  gpusOf,
  outcomesOf,
  chunksOf,
  profileOf,
  situation,
  survives,
  survivorsOf,
  want,
} from './fixtures.js';

/** Single domain, everything free, everybody there: what Algorithm 1 is about. */
function quiet(seed: number, gpus: number, requests: number): RoundInput {
  return randomRoundInput(seed, { gpus, requests, domains: 1, quiet: true });
}

const seeds = fc.nat();

function roundOf(startMs: number, lengthMs: number): { startMs: number; endMs: number; lengthMs: number } {
  return { startMs, endMs: startMs + lengthMs, lengthMs };
}

/** The ids of the requests that the packing saves in the round of the plan. */
function savedBy(input: RoundInput, plan: RoundPlan, queueingRounds: number): string[] {
  const round = roundOf(input.nowMs, plan.endMs! - input.nowMs);
  const candidates = pack(parseRoundInput(input).waiting, round, input.gpus.length, queueingRounds * round.lengthMs);
  return candidates.flatMap(({ request, choice }) => (choice?.survives === true ? request.id : []));
}

describe('packing', () => {
  test('saves as much weight as any combination of the options', () => {
    const bestOf = (options: readonly (readonly { degree: number; value: number }[])[], gpus: number): number => {
      const [first, ...others] = options;
      if (first === undefined) return 0;
      const fitting = first.filter(({ degree }) => degree <= gpus);
      return Math.max(...fitting.map(({ degree, value }) => value + bestOf(others, gpus - degree)));
    };
    fc.assert(
      fc.property(
        seeds,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom(0, 50, 500),
        (seed, gpus, requests, queueingMs) => {
          const { nowMs, waiting } = parseRoundInput(quiet(seed, gpus, requests));
          const round = roundOf(nowMs, 200);
          const onTime = waiting.filter((request) => !isDefinitelyLate(request, nowMs));
          const options = onTime.map((request) =>
            roundOptions(request, round, queueingMs).map((option) => ({
              ...option,
              value: option.survives ? request.weight : 0,
            })),
          );
          const candidates = pack(waiting, round, gpus, queueingMs);
          const saved = candidates.reduce(
            (sum, { request, choice }) => sum + (choice?.survives ? request.weight : 0),
            0,
          );
          const used = candidates.reduce((sum, { choice }) => sum + (choice?.degree ?? 0), 0);
          expect(saved).toBe(bestOf(options, gpus));
          expect(used).toBeLessThanOrEqual(gpus);
          expect(candidates.filter(({ late }) => !late).map(({ request }) => request)).toEqual(onTime);
        },
      ),
    );
  });

  test('an option says the truth about whether the request survives', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 8 }), fc.constantFrom(0, 100), (seed, gpus, queueingMs) => {
        const input = quiet(seed, gpus, 3);
        const { nowMs, waiting } = parseRoundInput(input);
        const round = roundOf(nowMs, 150);
        for (const request of waiting.filter((each) => !isDefinitelyLate(each, nowMs))) {
          const facts = factsOf(input).find(({ id }) => id === request.id)!;
          for (const { degree, steps, survives: claim } of roundOptions(request, round, queueingMs)) {
            const chunkEndMs = degree === 0 ? round.endMs : nowMs + facts.encodeMs + steps * facts.stepMs(degree);
            expect(claim).toBe(survives(facts, steps, chunkEndMs, round.endMs));
            expect(steps === 0).toBe(degree === 0);
          }
        }
      }),
    );
  });

  test('whom the packing saves, the plan saves', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 10 }), fc.constantFrom(0, 1), (seed, gpus, queueingRounds) => {
        const input = quiet(seed, gpus, 8);
        const plan = planRound(input, tetriserve({ queueingRounds }));
        const saved = savedBy(input, plan, queueingRounds);
        const survivors = survivorsOf(input, plan);
        expect(saved.filter((id) => !survivors.has(id))).toEqual([]);
      }),
    );
  });
});

describe('one GPU more', () => {
  /** Drops the last GPU. */
  function lessOne(input: RoundInput): RoundInput {
    return { ...input, gpus: [...input.gpus].sort((a, b) => a.id - b.id).slice(0, -1) };
  }

  test.each([0, 1])(
    'never means that fewer survive than were saved without it, with %s rounds of queueing',
    (queueingRounds) => {
      // Some survive by luck, on GPUs that were idle; those do not count. New degrees apart: with them rounds change.
      fc.assert(
        fc.property(seeds, fc.integer({ min: 0, max: 3 }), (seed, spare) => {
          const { profile } = randomRoundInput(seed);
          const drawn = quiet(seed, profile.degrees.at(-1)! + 1 + spare, 10);
          const more = { ...drawn, requests: drawn.requests.map((request) => ({ ...request, weight: 1 })) };
          const plan = planRound(more, tetriserve({ queueingRounds }));
          const saved = savedBy(lessOne(more), plan, queueingRounds).length;
          expect(savedBy(more, plan, queueingRounds).length).toBeGreaterThanOrEqual(saved);
          expect(survivorsOf(more, plan).size).toBeGreaterThanOrEqual(saved);
        }),
      );
    },
  );
});

describe('Algorithm 1 by hand', () => {
  // In a round of 100 ms: two steps at degree 1, three at 2, five at 4. A step takes 20 ms at best.
  const profile = profileOf({ 512: { 1: 50, 2: 30, 4: 20 } });
  const policy = tetriserve({ roundMs: 100, queueingRounds: 0, scaleUp: false, batching: false });
  // Of four GPUs, so that degree 4 counts, so many are free.
  const free = (count: number): GpuState[] =>
    gpusOf(Math.max(4, count)).map((gpu) => (gpu.id < count ? gpu : { ...gpu, busyUntilMs: 1000 }));
  // a, b: four steps in 130 ms, so three on two GPUs now and one on four then. c can wait: 100 + 4 x 20 <= 190. d is small.
  const requests = [want('d', 512, 1, 60), want('a', 512, 4, 130), want('b', 512, 4, 130), want('c', 512, 4, 190)];

  test('five GPUs are enough for all', () => {
    const plan = planRound(situation(profile, free(5), requests), policy);
    expect(chunksOf(plan)).toEqual({ a: '2 x 3', b: '2 x 3', d: '1 x 1' });
    expect(outcomesOf(plan)).toEqual({
      a: 'running least-gpu-time',
      b: 'running least-gpu-time',
      c: 'deferred can-wait',
      d: 'running least-gpu-time',
    });
  });

  test('three GPUs save three of four: of a and b, the first', () => {
    const plan = planRound(situation(profile, free(3), requests), policy);
    expect(chunksOf(plan)).toEqual({ a: '2 x 3', d: '1 x 1' });
    expect(outcomesOf(plan)).toMatchObject({ b: 'deferred no-capacity', c: 'deferred can-wait' });
  });

  test('weights count', () => {
    const weighted = requests.map((request) => (request.id === 'b' ? { ...request, weight: 2 } : request));
    const plan = planRound(situation(profile, free(3), weighted), policy);
    expect(chunksOf(plan)).toEqual({ b: '2 x 3', d: '1 x 1' });
  });

  test('one GPU saves the small one, and whoever can wait', () => {
    const plan = planRound(situation(profile, free(1), requests), policy);
    expect(chunksOf(plan)).toEqual({ d: '1 x 1' });
    expect(outcomesOf(plan)).toMatchObject({
      a: 'deferred no-capacity',
      b: 'deferred no-capacity',
      c: 'deferred can-wait',
    });
  });

  test('a cluster of one GPU saves nobody else: the wider degrees do not count there', () => {
    const plan = planRound(situation(profile, gpusOf(1), requests), policy);
    expect(outcomesOf(plan)).toEqual({
      a: 'best-effort late-waiting',
      b: 'best-effort late-waiting',
      c: 'best-effort late-waiting',
      d: 'running least-gpu-time',
    });
  });

  test('an option without a step in the round is dropped', () => {
    // 400 ms a step at degree 1: the plan of least GPU time is there, but the round holds a step at degree 2 only.
    const slow = profileOf({ 1024: { 1: 400, 2: 90 } });
    const plan = planRound(situation(slow, gpusOf(2), [want('r', 1024, 2, 10_000)]), policy);
    expect(['2 x 1', '1 x 1', undefined]).toContain(chunksOf(plan)['r']);
    expect(chunksOf(plan)['r']).not.toBe('1 x 1');
  });
});

describe('a request that can still meet its deadline on idle GPUs', () => {
  test('starts on fewer than it would like', () => {
    // With a round of queueing it would like four GPUs; the three that are left are enough, and so would be one.
    const one = profileOf({ 512: { ms: { 1: 16, 2: 12, 4: 9 }, more: { encodeMs: 20 } } });
    const requests = [want('first', 512, 1, 29), want('easy', 512, 1, 98, { encoded: true })];
    const input = situation(one, gpusOf(7), requests);
    expect([...survivorsOf(input, planRound(input, tetriserve({ roundMs: 140 })))]).toEqual(['first', 'easy']);
  });

  // Two steps in 120 ms: the cheapest way is one step on one GPU and one on two, 110 ms, which no single round can hold.
  const profile = profileOf({ 512: { 1: 70, 2: 40 } });
  const tight = want('tight', 512, 2, 120);

  test.each([0, 1])('meets it, alone on two GPUs, with %s rounds of queueing', (queueingRounds) => {
    const policy = tetriserve({ queueingRounds, scaleUp: false });
    const input = situation(profile, gpusOf(2), [tight]);
    expect([...survivorsOf(input, planRound(input, policy))]).toEqual(['tight']);
  });

  test.each([0, 1])('loses no GPU to a late request, with %s rounds of queueing', (queueingRounds) => {
    const input = situation(profile, gpusOf(2), [tight, want('late', 512, 2, 50)]);
    const plan = planRound(input, tetriserve({ queueingRounds }));
    expect([...survivorsOf(input, plan)]).toEqual(['tight']);
    expect(outcomesOf(plan)['late']).toMatch(/^best-effort/);
  });
});

test('the plan does not depend on what the planner was asked before', () => {
  const policy = tetriserve();
  fc.assert(
    fc.property(seeds, seeds, (one, other) => {
      const first = planRound(randomRoundInput(one), policy);
      planRound(randomRoundInput(other), policy);
      expect(planRound(randomRoundInput(one), policy)).toEqual(first);
      const input: PlanningInput = parseRoundInput(randomRoundInput(one));
      expect(tetriserve().plan(input)).toEqual(first);
    }),
    { numRuns: 30 },
  );
});
