import { describe, expect, test } from 'vitest';
import type { Assignment, PlanOutcome, RoundPlan } from '../../src/model/index.js';
import { fixedDegree, type Policy } from '../../src/policies/index.js';
import type { PlanningInput } from '../../src/rounds/index.js';
import { policyLaws } from '../../src/testing/index.js';

/** The laws that a policy breaks, by their first word. */
function brokenLaws(plan: (input: PlanningInput, good: RoundPlan) => RoundPlan): string[] {
  const good = fixedDegree(1);
  const policy: Policy = { name: 'broken', replanOn: 'event', plan: (input) => plan(input, good.plan(input)) };
  const broken = new Set<string>();
  policyLaws({
    policy,
    runs: 40,
    test(name, run) {
      try {
        run();
      } catch (error) {
        expect((error as Error).message).toMatch(/^broken is not \w+: .* at randomRoundInput\(\d+, /);
        broken.add(/^broken is (\w+)/.exec(name)![1]!);
      }
    },
  });
  return [...broken];
}

/** The plan with its first assignment changed, if it has one. */
function withFirst(plan: RoundPlan, change: (first: Assignment) => Assignment): RoundPlan {
  const [first, ...others] = plan.assignments;
  return first === undefined ? plan : { ...plan, assignments: [change(first), ...others] };
}

/** The plan with nothing in it that runs. */
function idle({ nowMs, decided, waiting, order }: PlanningInput): RoundPlan {
  const byId = new Map<string, PlanOutcome>(decided.map((outcome) => [outcome.requestId, outcome]));
  for (const { id, lastStepByMs, encodeMs, remainingSteps, times } of waiting) {
    const isLate = nowMs + encodeMs + remainingSteps * times.minStepMs > lastStepByMs;
    byId.set(
      id,
      isLate
        ? { requestId: id, status: 'best-effort', reason: 'late-waiting' }
        : { requestId: id, status: 'deferred', reason: 'no-capacity' },
    );
  }
  return { startMs: nowMs, endMs: null, assignments: [], outcomes: order.map((id) => byId.get(id)!) };
}

describe('policyLaws', () => {
  test('finds nothing in policies that keep them', () => {
    expect(brokenLaws((_, plan) => plan)).toEqual([]);
    expect(brokenLaws(idle)).toEqual([]);
  });

  test('valid: catches a plan that runs a step too long', () => {
    expect(brokenLaws((_, plan) => withFirst(plan, (first) => ({ ...first, degree: first.degree + 1 })))).toEqual([
      'valid',
    ]);
  });

  test('complete: catches a plan that forgets a request, and one that answers twice', () => {
    expect(brokenLaws((_, plan) => ({ ...plan, outcomes: plan.outcomes.slice(0, -1) }))).toEqual(['complete']);
    expect(brokenLaws((_, plan) => ({ ...plan, outcomes: [...plan.outcomes.slice(0, 1), ...plan.outcomes] }))).toEqual([
      'complete',
    ]);
  });

  test('pure: catches a policy that remembers what it has seen', () => {
    const seen = new WeakSet<object>();
    expect(
      brokenLaws((input, plan) => {
        if (seen.has(input)) return idle(input);
        seen.add(input);
        return plan;
      }),
    ).toEqual(['pure']);
  });

  test('pure: catches a policy that changes its input', () => {
    expect(
      brokenLaws((input, plan) => {
        (input.waiting as unknown[]).reverse();
        return plan;
      }),
    ).toEqual(['pure']);
  });

  test('unordered: catches a policy that takes the first of the last GPUs', () => {
    expect(
      brokenLaws((input, plan) =>
        input.waiting.some(({ lastGpus }) => lastGpus.length > 1 && lastGpus[0]! > lastGpus[1]!) ? idle(input) : plan,
      ),
    ).toEqual(['unordered']);
  });

  test('timeless: catches a policy to which a time of 0 is special', () => {
    expect(brokenLaws((input, plan) => (input.nowMs >= 0 ? plan : idle(input)))).toEqual(['timeless']);
  });

  test('unitless: catches a policy with a constant in milliseconds', () => {
    expect(brokenLaws(({ nowMs }, plan) => ({ ...plan, endMs: nowMs + 100 }))).toEqual(['unitless']);
  });

  test('plain: catches a plan that is more, or less, than JSON', () => {
    expect(brokenLaws((_, plan) => ({ ...plan, note: undefined }))).toEqual(['plain']);
    expect(brokenLaws((_, plan) => ({ ...plan, gpus: new Set() }))).toEqual(['plain']);
    expect(brokenLaws((_, plan) => ({ ...plan, load: NaN }))).toEqual(['plain']);
  });

  test('calm: catches a policy that throws under overload', () => {
    expect(
      brokenLaws((input, plan) => {
        if (input.order.length > 100) throw new Error('too much');
        return plan;
      }),
    ).toEqual(['calm']);
  });

  test('calm: catches a policy that throws without GPUs', () => {
    expect(
      brokenLaws((input, plan) => {
        if (input.gpus.length === 0) throw new Error('nowhere to go');
        return plan;
      }),
    ).toEqual(['calm']);
  });

  test('scaled gives the policy in the other units', () => {
    const policyOf = (roundMs: number): Policy => ({
      name: 'rounds',
      replanOn: 'boundary',
      plan: (input) => ({ ...idle(input), endMs: input.nowMs + roundMs }),
    });
    const names: string[] = [];
    policyLaws({
      policy: policyOf(100),
      scaled: (factor) => policyOf(100 * factor),
      runs: 5,
      test(name, run) {
        run();
        names.push(name.replace(/:.*/, ''));
      },
    });
    expect([...new Set(names)]).toEqual(
      ['valid', 'complete', 'pure', 'unordered', 'timeless', 'unitless', 'plain', 'calm'].map(
        (law) => `rounds is ${law}`,
      ),
    );
  });

  test('the same seed tries the same situations, and another one others', () => {
    const seen = (seed: number): string[] => {
      const times: string[] = [];
      const policy: Policy = {
        name: 'spy',
        replanOn: 'event',
        plan: (input) => {
          times.push(JSON.stringify(input.waiting));
          return idle(input);
        },
      };
      policyLaws({ policy, seed, runs: 3, test: (_, run) => run() });
      return times;
    };
    expect(seen(4)).toEqual(seen(4));
    expect(seen(4)).not.toEqual(seen(5));
  });
});
