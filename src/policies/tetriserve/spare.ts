import type { PlanOutcome } from '../../model/index.js';
import { fitsDomains } from '../../packing/index.js';
import { stepsInRound, type PlanningRequest } from '../../rounds/index.js';
import type { Round } from './allocate.js';
import { groupEncodeMs, groupRemainingSteps, groupStepMs, timesOf, type Group } from './group.js';
import type { Candidate } from './pack.js';

/** A request on its own, with as many steps as the round holds. */
function single(request: PlanningRequest, degree: number, outcome: PlanOutcome): Group {
  return { members: [request], degree, maxSteps: request.remainingSteps, outcomes: [outcome] };
}

/** The smallest degree at which a step fits the round; `undefined` if there is none. */
function smallestFittingDegree({ times, encodeMs }: PlanningRequest, round: Round): number | undefined {
  const index = times.stepMs.findIndex((ms) => stepsInRound(round.lengthMs - encodeMs, ms) > 0);
  return times.degrees[index];
}

/**
 * Starts requests that the packing put off on GPUs that would be idle, earliest first, each at the first of its options that
 * fits, or at the smallest degree at which a step fits the round. The paper leaves open whether a request without an option in a round may start on idle GPUs; work conservation
 * says yes.
 *
 * @returns the groups, and the GPUs still idle
 */
export function startDeferred(
  candidates: readonly Candidate[],
  idle: number,
  round: Round,
): { groups: Group[]; idle: number } {
  const groups: Group[] = [];
  for (const { request, options, choice } of candidates) {
    if (idle === 0) break;
    if (choice === undefined || choice.degree > 0) continue;
    const option = options.find(({ degree }) => degree > 0 && degree <= idle);
    const degree = option?.degree ?? smallestFittingDegree(request, round);
    if (degree === undefined || degree > idle) continue;
    groups.push(single(request, degree, { requestId: request.id, status: 'running', reason: 'idle-gpus' }));
    idle -= degree;
  }
  return { groups, idle };
}

/**
 * Best effort (paper section 4.2): requests that are definitely late get one GPU each (or the smallest degree that their shape
 * has), oldest first, as long as GPUs are idle.
 *
 * A step that would end after the round keeps its GPUs from those who need them in the next one. So a late request whose step does
 * not fit gets the smallest degree at which it does, and waits if there are too few idle GPUs for that. Only where nobody has a
 * deadline left to meet, or where its step fits no round, it may run over.
 */
export function startLate(
  candidates: readonly Candidate[],
  idle: number,
  round: Round,
): { groups: Group[]; idle: number } {
  const groups: Group[] = [];
  const late = candidates.filter((candidate) => candidate.late).map((candidate) => candidate.request);
  const allLate = late.length === candidates.length;
  late.sort((a, b) => a.arrivalMs - b.arrivalMs || (a.id < b.id ? -1 : 1));
  for (const request of late) {
    const smallest = request.times.degrees[0] as number;
    const degree = allLate ? smallest : (smallestFittingDegree(request, round) ?? smallest);
    if (degree > idle) continue;
    groups.push(single(request, degree, { requestId: request.id, status: 'best-effort', reason: 'late-running' }));
    idle -= degree;
  }
  return { groups, idle };
}

/**
 * Elastic scale-up (paper section 4.3): idle GPUs go to the groups that gain most by a larger degree, again and again until
 * none fits or none gains. The gain is the time saved on all remaining steps for each GPU added.
 *
 * A group is widened only if it then does more steps in the round, or ends earlier in it, and if all groups still fit the domains
 * together.
 *
 * @param freeByDomain - usable GPUs of each domain
 */
export function scaleUp(groups: readonly Group[], idle: number, round: Round, freeByDomain: readonly number[]): void {
  const fit = (widened: Group, degree: number): boolean =>
    freeByDomain.length === 1 ||
    fitsDomains(
      groups.map((group) => (group === widened ? degree : group.degree)),
      freeByDomain,
    );
  while (idle > 0) {
    let best: Group | undefined;
    let bestDegree = 0;
    let bestGain = 0;
    for (const group of groups) {
      const now = groupStepMs(group, group.degree) as number;
      for (const degree of timesOf(group).degrees) {
        const added = degree - group.degree;
        if (added <= 0 || added > idle) continue;
        const then = groupStepMs(group, degree);
        if (then === undefined || then >= now) continue;
        const gain = (groupRemainingSteps(group) * (now - then)) / added;
        if (gain > bestGain && helpsThisRound(group, now, then, round) && fit(group, degree)) {
          best = group;
          bestDegree = degree;
          bestGain = gain;
        }
      }
    }
    if (best === undefined) return;
    idle -= bestDegree - best.degree;
    best.degree = bestDegree;
    best.maxSteps = groupRemainingSteps(best);
    best.outcomes.forEach((outcome, index) => {
      if (outcome.status === 'running' && outcome.reason !== 'batched') {
        best.outcomes[index] = { requestId: outcome.requestId, status: 'running', reason: 'scaled-up' };
      }
    });
  }
}

function helpsThisRound(group: Group, stepMs: number, fasterMs: number, round: Round): boolean {
  const windowMs = round.lengthMs - groupEncodeMs(group);
  const remaining = groupRemainingSteps(group);
  const before = stepsInRound(windowMs, stepMs);
  // Where not even one step fits, a shorter one keeps its GPUs for less time after the round.
  return before === 0 || before >= remaining || stepsInRound(windowMs, fasterMs) > before;
}
