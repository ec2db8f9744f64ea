import type { Assignment, PlanOutcome } from '../../model/index.js';
import { placeGroups, type PlacementGpu, type PlacementGroup } from '../../packing/index.js';
import { stepsInRound, type PlanningGpu, type PlanningRequest } from '../../rounds/index.js';
import type { Round } from './allocate.js';
import { groupEncodeMs, groupRemainingSteps, groupStepMs, timesOf, type Group } from './group.js';

/**
 * Puts groups on concrete GPUs and cuts their steps to the round. A group that fits no NVLink domain is narrowed until it
 * does; what never fits is deferred.
 *
 * @param groups - most important first
 * @param gpus - every GPU of the round
 * @param usable - whether a GPU is free early enough to be used in this round
 * @param preserve - whether a request keeps its GPUs where possible
 * @param outcomes - filled in for every member
 */
export function place(
  groups: readonly Group[],
  gpus: readonly PlanningGpu[],
  usable: (gpu: PlanningGpu) => boolean,
  preserve: boolean,
  round: Round,
  outcomes: Map<string, PlanOutcome>,
): Assignment[] {
  const freeAtMs = new Map(gpus.map((gpu) => [gpu.id, gpu.freeAtMs]));
  const placements =
    placeOnFreeFirst(groups, gpus, usable, preserve, round.startMs) ?? placeNarrowing(groups, gpus, usable, preserve);
  const assignments: Assignment[] = [];
  groups.forEach((group, index) => {
    const placement = placements[index];
    if (placement === undefined) {
      for (const { id: requestId } of group.members) {
        const late = outcomes.get(requestId)?.status === 'best-effort';
        outcomes.set(
          requestId,
          late
            ? { requestId, status: 'best-effort', reason: 'late-waiting' }
            : { requestId, status: 'deferred', reason: 'no-placement' },
        );
      }
      return;
    }
    for (const outcome of group.outcomes) outcomes.set(outcome.requestId, outcome);
    assignments.push(assign(group, placement, freeAtMs, round));
  });
  return assignments;
}

/**
 * Where some GPUs become free only during the round, those who matter most get the ones that are free now; the others take what is
 * left.
 *
 * @returns `undefined` if all GPUs are alike, or if not every group finds a place this way
 */
function placeOnFreeFirst(
  groups: readonly Group[],
  gpus: readonly PlanningGpu[],
  usable: (gpu: PlanningGpu) => boolean,
  preserve: boolean,
  nowMs: number,
): readonly (readonly number[] | undefined)[] | undefined {
  const isFree = (gpu: PlanningGpu): boolean => gpu.freeAtMs <= nowMs;
  if (gpus.every((gpu) => isFree(gpu) || !usable(gpu))) return undefined;
  const first = placeGroups(groups.map(placementOf), slots(gpus, isFree), { preserve });
  const taken = new Set(first.flatMap((placement) => placement ?? []));
  const unplaced = groups.filter((_, index) => first[index] === undefined);
  const rest = slots(gpus, (gpu) => usable(gpu) && !taken.has(gpu.id));
  const second = placeGroups(unplaced.map(placementOf), rest, { preserve });
  if (second.includes(undefined)) return undefined;
  let next = 0;
  return first.map((placement) => placement ?? second[next++]);
}

function placementOf({ members: [first], degree }: Group): PlacementGroup {
  const { id, lastGpus } = first as PlanningRequest;
  return { key: id, width: degree, lastGpus };
}

function slots(gpus: readonly PlanningGpu[], free: (gpu: PlanningGpu) => boolean): PlacementGpu[] {
  return gpus.map((gpu) => ({ id: gpu.id, domain: gpu.domain, free: free(gpu) }));
}

function placeNarrowing(
  groups: readonly Group[],
  gpus: readonly PlanningGpu[],
  usable: (gpu: PlanningGpu) => boolean,
  preserve: boolean,
): readonly (readonly number[] | undefined)[] {
  for (;;) {
    const placements = placeGroups(groups.map(placementOf), slots(gpus, usable), { preserve });
    const narrowed = groups.filter((group, index) => placements[index] === undefined && narrow(group));
    if (narrowed.length === 0) return placements;
  }
}

/** Gives a group the next smaller degree; `false` if it has none. */
function narrow(group: Group): boolean {
  const narrower = timesOf(group).degrees.filter(
    (degree) => degree < group.degree && groupStepMs(group, degree) !== undefined,
  );
  const degree = narrower[narrower.length - 1];
  if (degree === undefined) return false;
  group.degree = degree;
  group.maxSteps = groupRemainingSteps(group);
  return true;
}

function assign(
  group: Group,
  gpus: readonly number[],
  freeAtMs: ReadonlyMap<number, number>,
  round: Round,
): Assignment {
  const stepMs = groupStepMs(group, group.degree) as number;
  const startMs = Math.max(round.startMs, ...gpus.map((gpu) => freeAtMs.get(gpu) as number));
  const encodeMs = groupEncodeMs(group);
  // At least one step, also where it ends after the round: a step longer than a round still has to be run.
  const fitting = Math.max(1, stepsInRound(round.lengthMs - (startMs - round.startMs) - encodeMs, stepMs));
  const steps = Math.min(fitting, group.maxSteps, groupRemainingSteps(group));
  return {
    requestIds: group.members.map((member) => member.id),
    gpus,
    degree: group.degree,
    steps,
    startMs,
    endMs: startMs + encodeMs + steps * stepMs,
  };
}
