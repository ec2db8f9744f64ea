import { leastGpuTimeMs, leastGpuTimePlan } from '../../parallelism/index.js';
import { isDefinitelyLate, stepsInRound, type PlanningRequest } from '../../rounds/index.js';

/** The round that is being planned. */
export interface Round {
  readonly startMs: number;
  readonly endMs: number;
  /** Not `endMs - startMs`: on a clock that counts from 1970, that difference has lost digits that decide whether a step fits. */
  readonly lengthMs: number;
}

/** One way for a request to spend a round: so many steps at a degree, or none at degree 0. */
export interface RoundOption {
  /** 0 for not running. */
  readonly degree: number;
  /** Steps in this round. */
  readonly steps: number;
  /** Whether the deadline can still be met after this round (paper section 4.2). */
  readonly survives: boolean;
  /** GPU time of the whole rest of the request if this option is taken, in GPU ms. */
  readonly gpuTimeMs: number;
}

/**
 * Deadline-aware allocation (paper section 4.1), seen from one round: the degrees of the plan that costs least GPU time and
 * still meets the deadline, each with its steps as far as they fit the round, narrow before wide; and not to run at all, last.
 *
 * A round cuts off what does not fit, so a plan that makes it on paper may not survive the round. Then the smallest degree with
 * which the request does survive is one more option. To offer more degrees than that was measured to be harmful: narrow ones
 * survive one round after the other, until many requests need the same GPUs.
 *
 * Options whose steps do not fit the round are dropped. Where that leaves none, the smallest degree that does fit stands
 * in, and where no degree fits, a single step that ends after the round: otherwise the request would never run.
 *
 * @param request - not definitely late
 * @param round - the round
 * @param queueingMs - delay to reckon with, where the deadline allows it
 */
export function roundOptions(request: PlanningRequest, round: Round, queueingMs: number): readonly RoundOption[] {
  const { times, encodeMs, remainingSteps } = request;
  const budgetMs = request.lastStepByMs - round.startMs - encodeMs;
  const plan = leastGpuTimePlan(times, remainingSteps, budgetMs - queueingMs) ?? {
    allocations: [{ degree: times.degrees[times.fastest] as number, steps: remainingSteps }],
  };
  const windowMs = round.lengthMs - encodeMs;
  const options: RoundOption[] = [];
  const stepsThatFit = (index: number): number => stepsInRound(windowMs, times.stepMs[index] as number);
  for (const { degree, steps } of plan.allocations) {
    const fitting = stepsThatFit(times.degrees.indexOf(degree));
    if (fitting > 0) options.push(runOption(request, round, queueingMs, degree, Math.min(steps, fitting)));
  }
  if (!options.some((option) => option.survives)) {
    const rescue = times.degrees
      .map((degree, index) => [degree, Math.min(remainingSteps, stepsThatFit(index))] as const)
      .filter(([, steps]) => steps > 0)
      .map(([degree, steps]) => runOption(request, round, queueingMs, degree, steps))
      .find((option) => option.survives);
    if (rescue !== undefined) options.push(rescue);
  }
  if (options.length === 0) {
    const fitting = times.degrees.findIndex((_, index) => stepsThatFit(index) > 0);
    const degree = fitting < 0 ? plan.allocations[0]?.degree : times.degrees[fitting];
    options.push(runOption(request, round, queueingMs, degree as number, 1));
  }
  options.push({
    degree: 0,
    steps: 0,
    survives: !isDefinitelyLate(request, round.endMs),
    gpuTimeMs: restGpuTimeMs(request, remainingSteps, request.lastStepByMs - round.endMs - encodeMs - queueingMs),
  });
  return options;
}

function runOption(
  request: PlanningRequest,
  round: Round,
  queueingMs: number,
  degree: number,
  steps: number,
): RoundOption {
  const { times } = request;
  const index = times.degrees.indexOf(degree);
  const chunkEndMs = round.startMs + request.encodeMs + steps * (times.stepMs[index] as number);
  const rest = request.remainingSteps - steps;
  // A request that ends within the round need not last until the round's end.
  const nextMs = rest === 0 ? chunkEndMs : Math.max(chunkEndMs, round.endMs);
  return {
    degree,
    steps,
    survives: nextMs + rest * times.minStepMs <= request.lastStepByMs + 1e-6,
    gpuTimeMs:
      steps * (times.stepGpuMs[index] as number) +
      restGpuTimeMs(request, rest, request.lastStepByMs - nextMs - queueingMs),
  };
}

/** What the rest costs if it is to end within the budget; if it cannot, what it costs to run it late. */
function restGpuTimeMs({ times }: PlanningRequest, steps: number, budgetMs: number): number {
  const leastMs = leastGpuTimeMs(times, steps, budgetMs);
  return leastMs < Infinity ? leastMs : steps * (times.stepGpuMs[times.fastest] as number);
}
