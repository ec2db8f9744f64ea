import { nonNegative, record, show, whole } from '../../model/check.js';
import { compareRequests, TetriError, type CompleteRequest, type RefusalReason } from '../../model/index.js';
import { fail } from './settle.js';
import type { TrackedRequest } from './state.js';
import type { Turn } from './turn.js';

/** How much may be active at one time. */
export interface SchedulerLimits {
  /** Requests that are accepted and not finished, a whole number of at least 1. Default: no limit. */
  readonly requests?: number;
  /** Bytes that the states of these requests take together, at least 0. Default: no limit. */
  readonly memoryBytes?: number;
  /**
   * What the state of a request takes between chunks, in bytes: conditioning, latents, whatever the backend keeps for it. A pure function. Needed
   * with `memoryBytes`.
   */
  readonly memoryBytesOf?: (request: CompleteRequest) => number;
}

/** Who is let in. */
export interface AdmissionOptions {
  /**
   * `all`: every request is accepted, and served best effort if it is too late for its deadline. `feasible`: a request is refused if the
   * forecast says that it would end late. Default `all`.
   */
  readonly admit?: 'all' | 'feasible';
  /** Bounds on what is active at one time. Default: none. */
  readonly limits?: SchedulerLimits;
  /**
   * What happens at a limit. `refuse`: the newcomer is refused. `displace`: requests of less weight that have not started make
   * room for it, least weight first; if they are too few, the newcomer is refused. Default `refuse`.
   */
  readonly whenFull?: 'refuse' | 'displace';
}

/** The options with every default filled in. */
export interface AdmissionSettings {
  readonly admit: 'all' | 'feasible';
  readonly maxRequests: number;
  readonly maxMemoryBytes: number;
  readonly memoryBytesOf: (request: CompleteRequest) => number;
  readonly displaces: boolean;
  /** Whether a request would be complete by its deadline if it were accepted now. */
  readonly isFeasible: (turn: Turn, request: CompleteRequest) => boolean;
}

/** Why a request is refused. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly detail: string;
}

/** Checks the options and fills in the defaults. */
export function parseAdmission(
  { admit, limits = {}, whenFull }: AdmissionOptions,
  isFeasible: AdmissionSettings['isFeasible'],
): AdmissionSettings {
  record(limits, 'limits');
  const { requests, memoryBytes, memoryBytesOf } = limits;
  if (memoryBytes !== undefined && typeof memoryBytesOf !== 'function') {
    const message = 'a limit on memory needs a function that tells what a request takes';
    throw new TetriError('invalid-type', message, 'limits.memoryBytesOf', memoryBytesOf);
  }
  return {
    admit: oneOf(admit ?? 'all', ['all', 'feasible'], 'admit'),
    maxRequests: requests === undefined ? Infinity : whole(requests, 'limits.requests', 1),
    maxMemoryBytes: memoryBytes === undefined ? Infinity : nonNegative(memoryBytes, 'limits.memoryBytes'),
    memoryBytesOf:
      memoryBytesOf === undefined
        ? () => 0
        : (request) => nonNegative(memoryBytesOf(request), 'limits.memoryBytesOf()'),
    displaces: oneOf(whenFull ?? 'refuse', ['refuse', 'displace'], 'whenFull') === 'displace',
    isFeasible,
  };
}

/** One of the words that an option may be. */
export function oneOf<T extends string>(value: unknown, words: readonly T[], path: string): T {
  const word = words.find((each) => each === value);
  if (word !== undefined) return word;
  throw new TetriError('out-of-range', `expected ${words.join(' or ')}, received ${show(value)}`, path, value);
}

/** Whether a newcomer is refused; room is made for it where that is allowed. */
export function refusalOf(turn: Turn, newcomer: TrackedRequest): Refusal | undefined {
  const { state, settings } = turn;
  const { admission } = settings;
  if (state.draining) return { reason: 'draining', detail: 'nothing new is taken any more' };
  const plan = makeRoom(turn, newcomer);
  if (!Array.isArray(plan)) return plan;
  if (admission.admit === 'feasible' && !admission.isFeasible(turn, newcomer.request)) {
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
