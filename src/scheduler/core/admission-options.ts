import { nonNegative, record, show, whole } from '../../model/check.js';
import { TetriError, type CompleteRequest } from '../../model/index.js';
import type { CoreState } from './state.js';

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
   * forecast says that it would end late; where so much is waiting that the forecast cannot look that far, it is accepted. Default
   * `all`.
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
  /** Whether a request may be complete by its deadline if it is accepted now. */
  readonly isFeasible: (state: CoreState, request: CompleteRequest) => boolean;
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
