import { compareRequests } from '../../model/index.js';
import { fail } from './settle.js';
import type { CoreState, TrackedRequest } from './state.js';
import type { CoreSettings, Turn } from './turn.js';

/** Once may happen to anybody. */
const suspiciousCrashes = 2;

/**
 * A request was running when its GPUs, the backend or the process died. It may be what killed them: after too many times without a new
 * step in between it is given up.
 */
export function countCrash(turn: Turn, requestId: string, tracked: TrackedRequest): void {
  tracked.crashes++;
  if (isCrashLoop(turn.settings, tracked)) fail(turn, requestId, 'crashed', crashDetail(tracked));
}

/** Whether a request is given up for what died while it ran. */
export function isCrashLoop({ maxCrashes }: CoreSettings, { crashes }: TrackedRequest): boolean {
  return crashes >= maxCrashes;
}

export function crashDetail({ crashes }: TrackedRequest): string {
  return `what ran it died ${crashes} times in a row`;
}

/** Whether a request shares no chunk with others: it may be its fault that a batch failed, or that things die. */
export function runsAlone(tracked: TrackedRequest): boolean {
  return tracked.solo || isSuspect(tracked);
}

function isSuspect({ crashes }: TrackedRequest): boolean {
  return crashes >= suspiciousCrashes;
}

/**
 * Of several suspects one runs at a time, until it completes a step or is given up: so it shows which of them it is, and the others are
 * not given up with it. These are those who wait for their turn.
 */
export function suspectsInLine(state: CoreState, settings: CoreSettings): ReadonlySet<TrackedRequest> {
  let line: TrackedRequest[] | undefined;
  for (const tracked of state.requests.values()) if (isSuspect(tracked)) (line ??= []).push(tracked);
  if (line === undefined || line.length === 1) return nobody;
  const first = line.reduce((best, other) => (comesBefore(state, settings, other, best) ? other : best));
  return new Set(line.filter((tracked) => tracked !== first && !isActive(tracked)));
}

const nobody: ReadonlySet<TrackedRequest> = new Set();

/** Who runs already; then who can run at all; then who is the least suspicious, and the first in the total order. */
function comesBefore(state: CoreState, settings: CoreSettings, a: TrackedRequest, b: TrackedRequest): boolean {
  if (isActive(a) !== isActive(b)) return isActive(a);
  const [aFits, bFits] = [fits(state, settings, a), fits(state, settings, b)];
  if (aFits !== bFits) return aFits;
  return (a.crashes - b.crashes || compareRequests(a.request, b.request)) < 0;
}

function isActive({ phase }: TrackedRequest): boolean {
  return phase === 'running' || phase === 'decoding';
}

/** Whether a domain has GPUs enough for its smallest degree, busy ones included. */
function fits({ gpus }: CoreState, { profile }: CoreSettings, { request }: TrackedRequest): boolean {
  const degree = profile.shape(request.shape).degrees[0] as number;
  const sizes = new Map<number, number>();
  for (const { lost, domain } of gpus.values()) if (!lost) sizes.set(domain, (sizes.get(domain) ?? 0) + 1);
  return Math.max(0, ...sizes.values()) >= degree;
}
