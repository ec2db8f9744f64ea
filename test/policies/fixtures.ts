import { createCluster, type PlanOutcome, type RoundPlan } from '../../src/model/index.js';
import { parseProfile, type MsByDegree, type Profile, type StepProfileShape } from '../../src/profile/index.js';
import type { GpuState, RequestState, RoundInput } from '../../src/rounds/index.js';
import { squareOf } from '../profile/fixtures.js';

/** Step times by side of a square image, and whatever else is known of that shape. */
export type Squares = Readonly<Record<number, MsByDegree | { ms: MsByDegree; more: Partial<StepProfileShape> }>>;

/** A profile of square images, at all degrees that occur. */
export function profileOf(squares: Squares): Profile {
  const shapes = Object.entries(squares).map(([side, times]) =>
    'ms' in times
      ? squareOf(Number(side), times.ms as MsByDegree, times.more as Partial<StepProfileShape>)
      : squareOf(Number(side), times),
  );
  const degrees = [...new Set(shapes.flatMap(({ stepMs }) => Object.keys(stepMs).map(Number)))].sort((a, b) => a - b);
  const source = { kind: 'estimated' as const };
  return parseProfile({ schemaVersion: 1, model: 'toy', accelerator: 'none', source, degrees, shapes });
}

/** A request for `steps` steps of a square image, due at `deadlineMs`; it arrived at 0. */
export function want(
  id: string,
  side: number,
  steps: number,
  deadlineMs: number,
  more: Partial<RequestState> = {},
): RequestState {
  return { id, shape: `${side}x${side}`, steps, arrivalMs: 0, deadlineMs, ...more };
}

/** Free GPUs of one domain. */
export function gpusOf(count: number, domainSize: number = count): GpuState[] {
  return count === 0 ? [] : [...createCluster(count, domainSize).gpus];
}

/** A situation at time 0. */
export function situation(
  profile: Profile,
  gpus: readonly GpuState[],
  requests: readonly RequestState[],
  nowMs = 0,
): RoundInput {
  return { nowMs, requests, gpus, profile };
}

/** What a plan says of each request, such as `"deferred can-wait"`. */
export function outcomesOf(plan: RoundPlan): Readonly<Record<string, string>> {
  return Object.fromEntries(
    plan.outcomes.map(({ requestId, status, reason }: PlanOutcome) => [requestId, `${status} ${reason}`]),
  );
}

/** Degree and steps of each request that a plan runs, such as `"2 x 5"` for five steps on two GPUs. */
export function chunksOf(plan: RoundPlan): Readonly<Record<string, string>> {
  return Object.fromEntries(
    plan.assignments.flatMap(({ requestIds, degree, steps }) => requestIds.map((id) => [id, `${degree} x ${steps}`])),
  );
}

/** The GPUs of each request that a plan runs. */
export function placesOf(plan: RoundPlan): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(plan.assignments.flatMap(({ requestIds, gpus }) => requestIds.map((id) => [id, gpus])));
}

/** A request as the tests reckon with it, apart from how the planners do. */
export interface Facts {
  readonly id: string;
  readonly remaining: number;
  readonly encodeMs: number;
  readonly decodeMs: number;
  readonly degrees: readonly number[];
  readonly stepMs: (degree: number) => number;
  readonly minStepMs: number;
  readonly deadlineMs: number;
  readonly weight: number;
}

/** The requests that have a degree that fits the GPUs, all of which are in one domain. */
export function factsOf({ requests, gpus, profile }: RoundInput): Facts[] {
  return requests.flatMap((request) => {
    const times = profile.shape(request.shape);
    const degrees = times.degrees.filter((degree) => degree <= gpus.length);
    if (degrees.length === 0) return [];
    const stepMs = (degree: number): number => times.stepMs[times.degrees.indexOf(degree)]!;
    const startStep = request.startStep ?? 0;
    const done = request.stepsDone ?? startStep;
    return {
      id: request.id,
      remaining: request.steps - done,
      encodeMs: (request.encoded ?? done > startStep) ? 0 : times.encodeMs,
      decodeMs: times.decodeMs,
      degrees,
      stepMs,
      minStepMs: Math.min(...degrees.map(stepMs)),
      deadlineMs: request.deadlineMs,
      weight: request.weight ?? 1,
    };
  });
}

/**
 * Whether a request can still meet its deadline at its fastest degree after so many steps that end at `chunkEndMs`, if its
 * next steps start at the round's end; or after none.
 */
export function survives(facts: Facts, steps: number, chunkEndMs: number, roundEndMs: number): boolean {
  const rest = facts.remaining - steps;
  const nextMs = rest === 0 ? chunkEndMs : Math.max(chunkEndMs, roundEndMs);
  const encodeMs = steps === 0 ? facts.encodeMs : 0;
  return nextMs + encodeMs + rest * facts.minStepMs + facts.decodeMs <= facts.deadlineMs + 1e-6;
}

/** The ids of the requests that survive the round that the plan announces. */
export function survivorsOf(input: RoundInput, plan: RoundPlan): Set<string> {
  const endMs = plan.endMs ?? NaN;
  const alive = factsOf(input).filter((facts) => {
    const chunk = plan.assignments.find(({ requestIds }) => requestIds.includes(facts.id));
    return survives(facts, chunk?.steps ?? 0, chunk?.endMs ?? endMs, endMs);
  });
  return new Set(alive.map(({ id }) => id));
}
