import type { PlanOutcome } from '../../model/index.js';
import { composePlan, type PlanningGpu } from '../../rounds/index.js';
import type { Policy } from '../policy.js';
import type { Round } from './allocate.js';
import { joinBatches } from './batch.js';
import type { Group } from './group.js';
import { parseOptions, type TetriserveOptions } from './options.js';
import { pack, type Candidate } from './pack.js';
import { place } from './place.js';
import { scaleUp, startDeferred, startLate } from './spare.js';

export { tetriserveOptionNames, type TetriserveOptions } from './options.js';

/**
 * The policy of the TetriServe paper (ASPLOS '26): rounds of fixed length; in each, the degrees of least GPU time that meet
 * each deadline, packed together so that the most requests survive the round; then idle GPUs are used up and requests keep
 * their GPUs.
 *
 * @param options - round length, and which parts are on
 * @throws `TetriError` `out-of-range` or `invalid-type` for bad options
 *
 * Complexity of a plan: O(R x N) for the packing of R requests on N GPUs, and O(R x degrees²) for the allocation.
 */
export function tetriserve(options: TetriserveOptions = {}): Policy {
  const settings = parseOptions(options);
  return {
    name: 'tetriserve',
    replanOn: 'boundary',
    plan(input) {
      const { nowMs, waiting } = input;
      const roundMs = settings.roundMsOf(input);
      const round: Round = { startMs: nowMs, endMs: nowMs + roundMs, lengthMs: roundMs };
      // A GPU that is still decoding early in the round is worth waiting for: a wide group would lose the round without it.
      const usable = (gpu: PlanningGpu): boolean => gpu.freeAtMs < nowMs + roundMs / 2;
      const usableGpus = input.gpus.filter(usable);
      const gpuCount = usableGpus.length;

      const candidates = pack(waiting, round, gpuCount, settings.queueingRounds * roundMs);
      const outcomes = new Map(candidates.map((candidate) => [candidate.request.id, unplaced(candidate)]));
      const groups = candidates.flatMap(packed);
      let idle = gpuCount - groups.reduce((sum, group) => sum + group.degree, 0);

      const add = (more: { groups: Group[]; idle: number }): void => {
        groups.push(...more.groups);
        idle = more.idle;
      };
      if (settings.scaleUp) add(startDeferred(candidates, idle, round));
      add(startLate(candidates, idle, round));
      if (settings.batching) joinBatches(groups, candidates, round, latestStartMs(usableGpus, nowMs));
      if (settings.scaleUp) {
        for (const group of groups) group.maxSteps = Infinity;
        scaleUp(groups, idle, round, countByDomain(usableGpus));
      }
      const assignments = place(groups, input.gpus, usable, settings.placement, round, outcomes);
      return composePlan(input, round.endMs, assignments, outcomes);
    },
  };
}

/** How many of these GPUs each domain has. */
function countByDomain(gpus: readonly PlanningGpu[]): number[] {
  const counts = new Map<number, number>();
  for (const { domain } of gpus) counts.set(domain, (counts.get(domain) ?? 0) + 1);
  return [...counts.values()];
}

/** When a group starts at the latest, whichever of these GPUs it gets. */
function latestStartMs(gpus: readonly PlanningGpu[], nowMs: number): number {
  return gpus.reduce((latest, { freeAtMs }) => Math.max(latest, freeAtMs), nowMs);
}

/** The outcome of a request that gets no GPUs. */
function unplaced({ request, choice }: Candidate): PlanOutcome {
  const requestId = request.id;
  if (choice === undefined) return { requestId, status: 'best-effort', reason: 'late-waiting' };
  return { requestId, status: 'deferred', reason: choice.survives ? 'can-wait' : 'no-capacity' };
}

/** The group of a request that the packing runs; none for the others. */
function packed({ request, choice }: Candidate): Group[] {
  if (choice === undefined || choice.degree === 0) return [];
  const outcome: PlanOutcome = { requestId: request.id, status: 'running', reason: 'least-gpu-time' };
  return [{ members: [request], degree: choice.degree, maxSteps: choice.steps, outcomes: [outcome] }];
}
