import { batchStepMsAt } from '../../profile/index.js';
import { stepsInRound, type PlanningRequest } from '../../rounds/index.js';
import type { Round } from './allocate.js';
import { groupEncodeMs, groupRemainingSteps, groupStepMs, timesOf, type Group } from './group.js';
import type { Candidate } from './pack.js';

/**
 * Selective continuous batching (paper section 4.4): a request that got no GPU joins a group of the same shape, at whatever
 * step either of them is, if
 *
 * - the profile measured a batch of that size at the group's degree, and it costs less time a request than apart;
 * - every member that can meet its deadline still can at this degree, so that nobody has to be rescued by more GPUs later.
 *
 * The paper gives the idea and no limits; these are ours.
 *
 * @param startMs - when a group starts at the latest, whichever GPUs it gets
 */
export function joinBatches(
  groups: readonly Group[],
  candidates: readonly Candidate[],
  round: Round,
  startMs: number,
): void {
  if (!candidates.some(({ request }) => request.times.batches.length > 0)) return;
  const placed = new Set(groups.flatMap((group) => group.members));
  const late = new Set(candidates.filter((candidate) => candidate.late).map((candidate) => candidate.request));
  for (const { request } of candidates) {
    if (placed.has(request) || !request.batchable) continue;
    const group = groups.find((other) => canJoin(other, request, late, round, startMs));
    if (group === undefined) continue;
    group.members.push(request);
    group.outcomes.push(
      late.has(request)
        ? { requestId: request.id, status: 'best-effort', reason: 'late-running' }
        : { requestId: request.id, status: 'running', reason: 'batched' },
    );
    // Everyone now moves in step; what a member was to run alone no longer bounds the rest.
    group.maxSteps = groupRemainingSteps(group);
  }
}

function canJoin(
  group: Group,
  request: PlanningRequest,
  late: ReadonlySet<PlanningRequest>,
  round: Round,
  startMs: number,
): boolean {
  const times = timesOf(group);
  if (request.times.id !== times.id || group.members[0]?.batchable !== true) return false;
  const size = group.members.length + 1;
  const stepMs = batchStepMsAt(times, size, group.degree);
  const nowMs = groupStepMs(group, group.degree);
  if (stepMs === undefined || nowMs === undefined || stepMs / size >= nowMs / (size - 1)) return false;
  const encodeMs = groupEncodeMs(group) + request.encodeMs;
  const steps = stepsInRound(round.lengthMs - (startMs - round.startMs) - encodeMs, stepMs);
  if (steps === 0) return false;
  const aloneMs = times.stepMs[times.degrees.indexOf(group.degree)] as number;
  return [...group.members, request].every((member) => {
    if (late.has(member)) return true;
    const taken = Math.min(steps, groupRemainingSteps(group), request.remainingSteps);
    const rest = member.remainingSteps - taken;
    const chunkEndMs = startMs + encodeMs + taken * stepMs;
    const nextMs = rest === 0 ? chunkEndMs : Math.max(chunkEndMs, round.endMs);
    return nextMs + rest * aloneMs <= member.lastStepByMs;
  });
}
