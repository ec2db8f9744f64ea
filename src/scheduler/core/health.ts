import type { CoreState, TrackedGpu } from './state.js';
import type { Turn } from './turn.js';

/** A GPU so much slower than the others is no longer put into groups. */
const slowFactor = 1.5;
/** Chunks in a row that have to say so: one alone may have had bad luck. */
const slowChunks = 3;
/** Chunks that are remembered. */
const rememberedChunks = 8;
/** Chunks of different requests that have to fail in a row on a GPU. */
const failedChunks = 3;
/** How long a GPU is left out before it is tried again; doubled each time that it fails to convince. */
const exclusionMs = 30_000;
const maxDoublings = 5;

/**
 * Judges GPUs by the speed of a chunk. A group is as slow as its slowest member, so a group says only who may be slow: these
 * are used alone for a while, which tells the slow one from its neighbours. The slow one is left out, and tried again later.
 *
 * GPUs are held against each other, not against the profile: when all of them are slow, the profile is wrong.
 *
 * @param ratio - duration of the chunk's steps over what was expected
 */
export function judgeSpeed(turn: Turn, gpus: readonly TrackedGpu[], ratio: number): void {
  for (const gpu of gpus) gpu.ratios = [...gpu.ratios, ratio].slice(-rememberedChunks);
  const usual = usualRatio(turn.state);
  if (usual === undefined) return;
  const isAlone = gpus.length === 1;
  for (const gpu of gpus) {
    // One that was left out before has to prove itself.
    const enough = isAlone && gpu.exclusions > 0 ? 1 : slowChunks;
    const isSlow = gpu.ratios.length >= enough && Math.min(...gpu.ratios) >= slowFactor * usual;
    if (isSlow) setHealth(turn, gpu, isAlone ? 'excluded' : 'suspect');
    else if (isAlone && gpu.health === 'suspect' && ratio < slowFactor * usual) setHealth(turn, gpu, 'good');
  }
}

/** Judges GPUs by a chunk that failed: one on which the chunks of several requests fail in a row is left out for a while. */
export function judgeFailure(turn: Turn, gpus: readonly TrackedGpu[], requestId: string): void {
  for (const gpu of gpus) {
    if (gpu.failedRequest === requestId) continue;
    gpu.failedRequest = requestId;
    gpu.failedChunks++;
    if (gpu.failedChunks >= failedChunks) setHealth(turn, gpu, gpus.length === 1 ? 'excluded' : 'suspect');
  }
}

function setHealth(turn: Turn, gpu: TrackedGpu, health: TrackedGpu['health']): void {
  if (!turn.settings.exclusion) return;
  gpu.health = health;
  gpu.ratios = [];
  gpu.failedChunks = 0;
  gpu.failedRequest = null;
  if (health === 'excluded') {
    gpu.excludedUntilMs = turn.state.nowMs + exclusionMs * 2 ** Math.min(gpu.exclusions, maxDoublings);
    gpu.exclusions++;
    // Groups with it were slow; what was learnt of them says little about groups without it.
    turn.state.corrections.clear();
  } else if (health === 'good') {
    gpu.exclusions = 0;
  }
  turn.changed = true;
}

/** How a GPU does that is neither fast nor slow: the median of the best that each GPU did lately; `undefined` for a lone GPU. */
function usualRatio(state: CoreState): number | undefined {
  const best: number[] = [];
  for (const { ratios, lost } of state.gpus.values()) if (!lost && ratios.length > 0) best.push(Math.min(...ratios));
  if (best.length < 2) return undefined;
  best.sort((a, b) => a - b);
  return best[Math.floor((best.length - 1) / 2)];
}

/** How much slower than the others a GPU is by its last chunks; 1 if nothing is known. */
export function slowdownOf(state: CoreState, gpu: TrackedGpu): number {
  const usual = usualRatio(state);
  return usual === undefined || gpu.ratios.length === 0 ? 1 : Math.min(...gpu.ratios) / usual;
}

/** A GPU as planners see it. */
export interface UsableGpu {
  readonly gpu: TrackedGpu;
  readonly domain: number;
}

/**
 * The GPUs that may be planned with: without those that are lost or left out, and with those under suspicion in domains of their
 * own, so that they are used alone. If that leaves too little for the widest of the smallest degrees that are asked for, none is left out.
 *
 * @param needed - the largest domain that somebody cannot do without
 */
export function usableGpus(state: CoreState, needed: number): readonly UsableGpu[] {
  const all: UsableGpu[] = [];
  const chosen: UsableGpu[] = [];
  let highest = 0;
  let isAllGood = true;
  for (const gpu of state.gpus.values()) {
    highest = Math.max(highest, gpu.domain);
    if (gpu.lost) continue;
    all.push({ gpu, domain: gpu.domain });
    if (gpu.health !== 'good') isAllGood = false;
  }
  if (isAllGood) return all;
  for (const { gpu, domain } of all) {
    if (gpu.health === 'excluded' && state.nowMs >= gpu.excludedUntilMs) gpu.health = 'suspect';
    if (gpu.health === 'good') chosen.push({ gpu, domain });
    else if (gpu.health === 'suspect') chosen.push({ gpu, domain: highest + 1 + gpu.id });
  }
  return chosen.length > 0 && largestDomain(chosen) >= Math.min(needed, largestDomain(all)) ? chosen : all;
}

function largestDomain(gpus: readonly UsableGpu[]): number {
  const sizes = new Map<number, number>();
  for (const { domain } of gpus) sizes.set(domain, (sizes.get(domain) ?? 0) + 1);
  return Math.max(0, ...sizes.values());
}
