import type { RoundPlan } from '../model/index.js';
import { planRound, type Policy } from '../policies/index.js';
import { parseRoundInput, validatePlan, type PlanViolationCode, type RoundInput } from '../rounds/index.js';
import { randomStreams } from '../simulation/random.js';
import { deepFreeze } from './deep-freeze.js';
import { drawOne } from './draws.js';
import { firstDifference } from './first-difference.js';
import { randomRoundInputData, type RandomRoundInputOptions } from './random-round-input.js';
import { reorderData, scaleData, shiftData, toRoundInput } from './round-input-data.js';

/** What {@link policyLaws} is given. */
export interface PolicyLawsOptions {
  /** Registers a test: `test` of vitest, of `node:test`, of Jest, or anything that calls the function and sees it throw. */
  readonly test: (name: string, run: () => void) => unknown;
  /** The policy. */
  readonly policy: Policy;
  /** Situations a law; a tenth of them for *calm*, whose situations are large. Default 100. */
  readonly runs?: number;
  /** A whole number of at least 0; another one tries other situations. Default 1. */
  readonly seed?: number;
  /**
   * The same policy on a clock that counts `factor` times as many milliseconds, a power of two. Needed only if it has options
   * in milliseconds. Default: the policy itself.
   */
  readonly scaled?: (factor: number) => Policy;
}

/**
 * Registers a test for each law that a policy must keep:
 *
 * - *valid*: `validatePlan()` finds nothing, whatever the situation;
 * - *complete*: every request of the input has exactly one outcome;
 * - *pure*: the same input gives the same plan, and is not changed;
 * - *unordered*: requests, GPUs and the GPUs that a request had last come in any order;
 * - *timeless*: the same situation at another time gives the same plan at that time;
 * - *unitless*: on a clock of other units it gives the same plan in those units;
 * - *plain*: a plan survives JSON unchanged;
 * - *calm*: overload, and a cluster without GPUs, give a plan and no exception.
 *
 * Situations come from `randomRoundInput()`, in whole milliseconds wherever plans are compared: sums of times are exact, so
 * that no plan may differ by rounding but for the resolution of time stamps. A test that fails throws an `Error` with the seed
 * of its situation.
 */
export function policyLaws(options: PolicyLawsOptions): void {
  const { test, policy, runs = 100, seed = 1, scaled = () => policy } = options;

  const law = (
    name: string,
    situation: RandomRoundInputOptions,
    check: (situation: Situation) => void,
    times = runs,
  ): void => {
    test(`${policy.name} is ${name}`, () => {
      for (let run = 0; run < times; run++) {
        const own = seed * 1_000_003 + run;
        try {
          check({ seed: own, data: randomRoundInputData(own, situation) });
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error);
          throw new Error(
            `${policy.name} is not ${name} at randomRoundInput(${own}, ${JSON.stringify(situation)}): ${message}`,
            { cause: error },
          );
        }
      }
    });
  };

  const planOf = ({ data }: Situation): RoundPlan => planRound(toRoundInput(data), policy);

  law('valid: it keeps every rule of validatePlan', { fractional: true }, ({ data }) => {
    assertValid(toRoundInput(data), policy);
  });

  law('complete: every request has exactly one outcome', {}, (situation) => {
    const outcomes = planOf(situation).outcomes.map(({ requestId }) => requestId);
    assertSame(outcomes.sort(), situation.data.requests.map(({ id }) => id).sort(), 'ids of the outcomes');
  });

  law('pure: the same input gives the same plan, and is not changed', {}, ({ data }) => {
    const input = deepFreeze(parseRoundInput(toRoundInput(data)));
    assertSame(policy.plan(input), policy.plan(input), 'plans');
  });

  law('unordered: lists in another order give the same plan', {}, (situation) => {
    const reordered = reorderData(situation.data, randomStreams(situation.seed)('another order'));
    assertSame(planOf(situation), planRound(toRoundInput(reordered), policy), 'plans');
  });

  law('timeless: the same situation at another time gives the same plan', {}, (situation) => {
    const byMs = Math.floor((randomStreams(situation.seed)('shift')() - 0.5) * 2 ** 32);
    const later = planRound(toRoundInput(shiftData(situation.data, byMs)), policy);
    assertSame(
      mapPlan(planOf(situation), (atMs) => atMs + byMs),
      later,
      'plans',
      resolutionMs,
    );
  });

  law('unitless: on a clock of other units it gives the same plan', {}, (situation) => {
    const factor = drawOne(randomStreams(situation.seed)('scale'), [0.5, 2, 4]);
    const plan = planRound(toRoundInput(scaleData(situation.data, factor)), scaled(factor));
    assertSame(
      mapPlan(planOf(situation), (atMs) => atMs * factor),
      plan,
      'plans',
    );
  });

  law('plain: a plan survives JSON unchanged', {}, (situation) => {
    const plan = planOf(situation);
    assertSame(plan, JSON.parse(JSON.stringify(plan)), 'plans');
  });

  for (const gpus of [0, 1, 8]) {
    law(`calm: it plans 150 requests on ${gpus} GPUs`, { requests: 150, gpus }, planOf, Math.ceil(runs / 10));
  }
}

interface Situation {
  readonly seed: number;
  readonly data: ReturnType<typeof randomRoundInputData>;
}

/** Outcomes that are missing or doubled are left to a law of their own. */
const otherLaw: readonly PlanViolationCode[] = ['missing-outcome', 'duplicate-outcome'];

function assertValid(input: RoundInput, policy: Policy): void {
  const violation = validatePlan(input, planRound(input, policy)).find(({ code }) => !otherLaw.includes(code));
  if (violation !== undefined) throw new Error(`${violation.code} at ${violation.path}: ${violation.message}`);
}

/** What a time stamp of the size of today's epoch milliseconds cannot tell apart, and a bit: a policy may divide. */
const resolutionMs = 2 ** -10;

function assertSame(a: unknown, b: unknown, what: string, slack = 0): void {
  const path = firstDifference(a, b, slack);
  if (path === undefined) return;
  throw new Error(
    `the ${what} differ${path === '' ? '' : ` at ${path}`}: ${JSON.stringify(a)} and ${JSON.stringify(b)}`,
  );
}

/** The plan with every time changed. */
function mapPlan(plan: RoundPlan, at: (atMs: number) => number): RoundPlan {
  return {
    ...plan,
    startMs: at(plan.startMs),
    endMs: plan.endMs === null ? null : at(plan.endMs),
    assignments: plan.assignments.map((assignment) => ({
      ...assignment,
      startMs: at(assignment.startMs),
      endMs: at(assignment.endMs),
    })),
  };
}
