import type { Assignment, Gpu, PlanOutcome, RoundPlan, RunningReason } from '../../model/index.js';
import { placeGroups } from '../../packing/index.js';
import { scaleUpGainMs } from '../../parallelism/index.js';
import { stepMsAt } from '../../profile/index.js';
import { composePlan, type PlanningInput, type PlanningRequest } from '../../rounds/index.js';
import { chunkNow } from './chunk.js';
import { started, waits } from './outcome.js';

/** A request and the degree that a policy wants for its next step. */
export interface Wish {
  readonly request: PlanningRequest;
  readonly degree: number;
  readonly reason: RunningReason;
}

/** A wish that is granted. */
interface Grant {
  readonly wish: Wish;
  gpus: readonly number[];
}

/**
 * Grants wishes one step at a time, most urgent first, so that everything is decided anew at each step's end.
 *
 * A wish that finds too few free GPUs holds those of the domain where its group is complete soonest; others may use held
 * GPUs only for a step that ends before then. What is idle after that widens the granted groups, largest gain first.
 */
export function planStepByStep(input: PlanningInput, wishes: readonly Wish[]): RoundPlan {
  const { nowMs } = input;
  const gpus = input.gpus.map((gpu) => slot(gpu, gpu.freeAtMs <= nowMs));
  const heldUntilMs = new Map<number, number>();
  const grants: Grant[] = [];
  const outcomes = new Map<string, PlanOutcome>();
  let free = gpus.filter((gpu) => gpu.free).length;
  for (const wish of wishes) {
    const { request, degree } = wish;
    if (free === 0) {
      outcomes.set(request.id, waits(request, nowMs, 'no-capacity'));
      continue;
    }
    const stepEndMs = nowMs + request.encodeMs + stepMsAt(request.times, degree);
    const mayUse = ({ domain }: Slot): boolean => stepEndMs <= (heldUntilMs.get(domain) ?? Infinity);
    const group = degree > free ? undefined : placeOne(request.id, degree, request.lastGpus, gpus, mayUse);
    if (group !== undefined) {
      take(gpus, group, stepEndMs);
      free -= degree;
      grants.push({ wish, gpus: group });
      outcomes.set(request.id, started(request, nowMs, wish.reason));
      continue;
    }
    const soonest = soonestDomain(gpus, heldUntilMs, degree);
    if (soonest !== undefined) heldUntilMs.set(soonest.domain, soonest.atMs);
    outcomes.set(request.id, waits(request, nowMs, soonest === undefined ? 'no-capacity' : 'gpus-held'));
  }
  const spare = gpus.map((gpu) => slot(gpu, gpu.free && !heldUntilMs.has(gpu.domain)));
  widen(grants, spare, (domain) => heldUntilMs.has(domain), nowMs, outcomes);
  const assignments: Assignment[] = grants.map(({ wish, gpus: group }) => chunkNow(wish.request, group, 1, nowMs));
  return composePlan(input, null, assignments, outcomes);
}

interface Slot extends Gpu {
  free: boolean;
  /** When it is free, in ms, reckoning with what has been granted. */
  freeAtMs: number;
}

function slot({ id, domain, freeAtMs }: Gpu & { readonly freeAtMs: number }, free: boolean): Slot {
  return { id, domain, free, freeAtMs };
}

/** GPUs for one group, out of those that are free and that it may use; `undefined` if there are too few in every domain. */
function placeOne(
  key: string,
  width: number,
  lastGpus: readonly number[],
  gpus: readonly Slot[],
  mayUse: (gpu: Slot) => boolean,
): readonly number[] | undefined {
  return placeGroups(
    [{ key, width, lastGpus }],
    gpus.map((gpu) => slot(gpu, gpu.free && mayUse(gpu))),
  )[0];
}

function take(gpus: readonly Slot[], group: readonly number[], untilMs: number): void {
  for (const gpu of gpus) {
    if (!group.includes(gpu.id)) continue;
    gpu.free = false;
    gpu.freeAtMs = untilMs;
  }
}

/** The domain, not yet held, in which `width` GPUs are free soonest. */
function soonestDomain(
  gpus: readonly Slot[],
  heldUntilMs: ReadonlyMap<number, number>,
  width: number,
): { domain: number; atMs: number } | undefined {
  const byDomain = new Map<number, number[]>();
  for (const gpu of gpus) {
    if (heldUntilMs.has(gpu.domain)) continue;
    byDomain.set(gpu.domain, [...(byDomain.get(gpu.domain) ?? []), gpu.freeAtMs]);
  }
  let best: { domain: number; atMs: number } | undefined;
  for (const [domain, freeAtMs] of byDomain) {
    const atMs = freeAtMs.sort((a, b) => a - b)[width - 1];
    if (atMs !== undefined && (best === undefined || atMs < best.atMs)) best = { domain, atMs };
  }
  return best;
}

/** Gives idle GPUs to the grants that gain most by them. */
function widen(
  grants: readonly Grant[],
  spare: Slot[],
  isHeld: (domain: number) => boolean,
  nowMs: number,
  outcomes: Map<string, PlanOutcome>,
): void {
  while (spare.some((gpu) => gpu.free)) {
    let best: { grant: Grant; group: readonly number[]; gain: number } | undefined;
    for (const grant of grants) {
      const { request } = grant.wish;
      const degree = grant.gpus.length;
      const wider = request.times.degrees.find(
        (other) => other > degree && scaleUpGainMs(request.times, degree, other, 1) > 0,
      );
      if (wider === undefined) continue;
      const gain = scaleUpGainMs(request.times, degree, wider, request.remainingSteps) / (wider - degree);
      if (best !== undefined && gain <= best.gain) continue;
      const open = spare.map((gpu) => slot(gpu, gpu.free || grant.gpus.includes(gpu.id)));
      const group = placeGroups([{ key: request.id, width: wider, lastGpus: grant.gpus }], open)[0];
      if (group !== undefined) best = { grant, group, gain };
    }
    if (best === undefined) return;
    for (const gpu of spare) {
      if (best.grant.gpus.includes(gpu.id)) gpu.free = !isHeld(gpu.domain);
      if (best.group.includes(gpu.id)) gpu.free = false;
    }
    best.grant.gpus = best.group;
    outcomes.set(best.grant.wish.request.id, started(best.grant.wish.request, nowMs, 'scaled-up'));
  }
}
