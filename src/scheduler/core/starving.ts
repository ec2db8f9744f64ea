import { compareRequests, type Assignment } from '../../model/index.js';
import { stepMsAt } from '../../profile/index.js';
import { usableGpus, type UsableGpu } from './health.js';
import { startChunk } from './start-chunks.js';
import { isFree, type TrackedRequest } from './state.js';
import type { Turn } from './turn.js';

/** Steps a chunk: enough to waste no time between chunks, few enough that its GPUs are soon free for a change of plan. */
const stepsAtOnce = 5;

/**
 * Sees to it that nobody waits for ever, whatever the policy does. A request that missed its second deadline too gets GPUs ahead of all
 * plans, at its smallest degree: one request at a time, those first whose deadlines passed first, so that the others hardly
 * notice.
 *
 * Where too few GPUs of a domain are free for it, the free ones are held until the others are.
 */
export function startStarving(turn: Turn): void {
  const { state, settings, inLine } = turn;
  let first: TrackedRequest | undefined;
  for (const tracked of state.requests.values()) {
    const { phase, secondDeadlineMs } = tracked;
    if (phase !== 'waiting' || secondDeadlineMs === null || state.nowMs < secondDeadlineMs || inLine.has(tracked))
      continue;
    if (first === undefined || compareRequests(tracked.request, first.request) < 0) first = tracked;
  }
  if (first === undefined) return;
  for (const { ahead } of state.chunks.values()) if (ahead) return;
  const degree = settings.profile.shape(first.request.shape).degrees[0] as number;
  const gpus = usableGpus(state, degree);
  const free = gpus.filter(({ gpu }) => isFree(gpu));
  const group = groupOf(free, degree, first.lastGpus);
  if (group !== undefined) startChunk(turn, chunkOf(turn, first, group), true);
  else hold(turn, gpus, degree);
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

/** Holds the GPUs of the domain where enough are free soonest. */
function hold({ state, held }: Turn, gpus: readonly UsableGpu[], degree: number): void {
  const byDomain = new Map<number, UsableGpu[]>();
  for (const each of gpus) byDomain.set(each.domain, [...(byDomain.get(each.domain) ?? []), each]);
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
}

function chunkOf({ state, settings }: Turn, tracked: TrackedRequest, gpus: readonly number[]): Assignment {
  const { request, stepsDone, encoded } = tracked;
  const times = settings.profile.shape(request.shape);
  const steps = Math.min(stepsAtOnce, request.steps - stepsDone);
  const durationMs = (encoded ? 0 : times.encodeMs) + steps * stepMsAt(times, gpus.length);
  const { nowMs } = state;
  return { requestIds: [request.id], gpus, degree: gpus.length, steps, startMs: nowMs, endMs: nowMs + durationMs };
}
