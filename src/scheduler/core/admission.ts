import { compareRequests, type RefusalReason } from '../../model/index.js';
import { fail } from './settle.js';
import type { TrackedRequest } from './state.js';
import type { Turn } from './turn.js';

/** Why a request is refused. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly detail: string;
}

/** Whether a newcomer is refused; room is made for it where that is allowed. */
export function refusalOf(turn: Turn, newcomer: TrackedRequest): Refusal | undefined {
  const { state, settings } = turn;
  const { admission } = settings;
  if (state.refusing === 'draining') return { reason: 'draining', detail: 'nothing new is taken any more' };
  if (state.refusing === 'backend-lost') return { reason: 'backend-lost', detail: 'there is nothing to run it' };
  const plan = makeRoom(turn, newcomer);
  if (!Array.isArray(plan)) return plan;
  if (admission.admit === 'feasible' && !admission.isFeasible(state, newcomer.request)) {
    return {
      reason: 'deadline-infeasible',
      detail: `by the forecast it would end after ${newcomer.request.deadlineMs}`,
    };
  }
  for (const id of plan) fail(turn, id, 'displaced', 'it made room for a request of more weight');
  return undefined;
}

/** Those who have to go for a newcomer to fit in, or why it does not. */
function makeRoom({ state, settings }: Turn, newcomer: TrackedRequest): string[] | Refusal {
  const { maxRequests, maxMemoryBytes, displaces } = settings.admission;
  let requests = state.requests.size + 1;
  let bytes = newcomer.memoryBytes;
  if (maxMemoryBytes < Infinity) for (const { memoryBytes } of state.requests.values()) bytes += memoryBytes;
  const fits = (): boolean => requests <= maxRequests && bytes <= maxMemoryBytes;
  const going: string[] = [];
  if (fits()) return going;
  const isOverCount = requests > maxRequests;
  for (const tracked of displaces ? displaceable(state.requests.values(), newcomer.request.weight) : []) {
    going.push(tracked.request.id);
    requests--;
    bytes -= tracked.memoryBytes;
    if (fits()) return going;
  }
  return isOverCount
    ? { reason: 'too-many-requests', detail: `${maxRequests} requests are active` }
    : { reason: 'out-of-memory', detail: `${newcomer.memoryBytes} more bytes would be above ${maxMemoryBytes}` };
}

/** Requests that never ran and weigh less: least weight first, then the last in the total order. */
function displaceable(all: Iterable<TrackedRequest>, weight: number): TrackedRequest[] {
  return [...all]
    .filter(({ request, lastGpus }) => lastGpus.length === 0 && request.weight < weight)
    .sort((a, b) => a.request.weight - b.request.weight || compareRequests(b.request, a.request));
}
