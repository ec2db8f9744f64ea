import { compareRequests, type Assignment } from '../../model/index.js';
import { stepMsAt } from '../../profile/index.js';
import { usableGpus, type UsableGpu } from './health.js';
import { startChunk } from './start-chunks.js';
import { isFree, type TrackedRequest } from './state.js';
import type { CoreSettings, Turn } from './turn.js';

/** The share of the GPUs that starving requests may take from the policy. */
const gpuShare = 1 / 8;
/** Steps a chunk: enough to waste no time between chunks, few enough that its GPUs are soon free for a change of plan. */
const stepsAtOnce = 5;

/** When a request that waits begins to starve, in ms: so long after its deadline. */
export function starvesFromMs({ starvationMs }: CoreSettings, { request }: TrackedRequest): number {
  return request.deadlineMs + starvationMs;
}

/**
 * Sees to it that nobody waits for ever, whatever the policy does. A request that is still not done long after its deadline is
 * *starving*: it gets GPUs ahead of all plans, at its smallest degree, those first whose deadlines passed first. An eighth of the
 * GPUs may go this way, and always at least one group, so that deadlines that can still be met hardly notice.
 *
 * Where too few GPUs of a domain are free for the first of them, the free ones are held until the others are.
 *
 * So a request ends no later than `starvationMs` after its deadline, plus the longest chunk that others run at that time, plus
 * what the requests that starve before it, and itself, take one after another at their smallest degrees.
 */
export function startStarving(turn: Turn): void {
  const { state, settings } = turn;
  const starving: TrackedRequest[] = [];
  let taken = 0;
  for (const tracked of state.requests.values()) {
    if (state.nowMs < starvesFromMs(settings, tracked)) continue;
    if (tracked.phase === 'waiting') starving.push(tracked);
    else if (tracked.phase === 'running') taken += tracked.lastGpus.length;
  }
  if (starving.length === 0) return;
  starving.sort((a, b) => compareRequests(a.request, b.request));
  const needed = settings.profile.shape(starving[0]!.request.shape).degrees[0]!;
  const gpus = usableGpus(state, needed);
  const limit = Math.floor(gpus.length * gpuShare);
  for (const tracked of starving) {
    const degree = settings.profile.shape(tracked.request.shape).degrees[0]!;
    if (taken > 0 && taken + degree > limit) return;
    const free = gpus.filter(({ gpu }) => isFree(gpu) && !turn.held.has(gpu.id));
    const group = groupOf(free, degree, tracked.lastGpus);
    if (group !== undefined) startChunk(turn, chunkOf(turn, tracked, group));
    else if (!hold(turn, gpus, degree)) continue;
    taken += degree;
  }
}

/** GPUs of one domain, out of those that are free: the last ones of the request if they are among them. */
function groupOf(
  free: readonly UsableGpu[],
  degree: number,
  lastGpus: readonly number[],
): readonly number[] | undefined {
  const byDomain = new Map<number, number[]>();
  const isLast = ({ gpu }: UsableGpu): boolean => lastGpus.includes(gpu.id);
  const inOrder = [...free].sort((a, b) => Number(isLast(b)) - Number(isLast(a)) || a.gpu.id - b.gpu.id);
  for (const { gpu, domain } of inOrder) {
    const group = byDomain.get(domain) ?? [];
    group.push(gpu.id);
    if (group.length === degree) return group.sort((a, b) => a - b);
    byDomain.set(domain, group);
  }
  return undefined;
}

/** Holds the free GPUs of the domain where enough are free soonest; `false` if no domain is large enough. */
function hold({ state, held }: Turn, gpus: readonly UsableGpu[], degree: number): boolean {
  const byDomain = new Map<number, UsableGpu[]>();
  for (const each of gpus) {
    if (!held.has(each.gpu.id)) byDomain.set(each.domain, [...(byDomain.get(each.domain) ?? []), each]);
  }
  const freeMs = ({ gpu }: UsableGpu): number =>
    isFree(gpu) ? state.nowMs : Math.max(gpu.busyUntilMs, state.nowMs + 1);
  let best: { group: readonly UsableGpu[]; atMs: number } | undefined;
  for (const domain of byDomain.values()) {
    const group = domain.sort((a, b) => freeMs(a) - freeMs(b) || a.gpu.id - b.gpu.id).slice(0, degree);
    if (group.length < degree) continue;
    const atMs = freeMs(group[degree - 1]!);
    if (best === undefined || atMs < best.atMs) best = { group, atMs };
  }
  // The busy ones too: a plan could otherwise take them for a moment after their chunk ends.
  for (const { gpu } of best?.group ?? []) held.set(gpu.id, best!.atMs);
  return best !== undefined;
}

function chunkOf({ state, settings }: Turn, tracked: TrackedRequest, gpus: readonly number[]): Assignment {
  const { request, stepsDone, encoded } = tracked;
  const times = settings.profile.shape(request.shape);
  const steps = Math.min(stepsAtOnce, request.steps - stepsDone);
  const durationMs = (encoded ? 0 : times.encodeMs) + steps * stepMsAt(times, gpus.length);
  const { nowMs } = state;
  return { requestIds: [request.id], gpus, degree: gpus.length, steps, startMs: nowMs, endMs: nowMs + durationMs };
}
