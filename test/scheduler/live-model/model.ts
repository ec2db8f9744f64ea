import type { Profile, StepProfileShape } from '../../../src/profile/index.js';
import type { RequestHandle, RequestOutcome } from '../../../src/scheduler/index.js';
import { profileOf } from '../../simulation/worlds.js';
import type { Asked } from './observer/states.js';
import type { Setup } from './setups.js';

/** A request as its client knows it. */
export interface Client {
  readonly id: string;
  readonly asked: Asked;
  readonly handle: RequestHandle;
  readonly controller: AbortController | undefined;
  /** Other requests that were alive when it was submitted, or about to be refused. */
  readonly others: number;
  /** Whether it came out of the journal. */
  readonly isRecovered: boolean;
  /** Lives of the scheduler before this one in which it got GPUs. */
  readonly starts: number;
  /** Somebody took it back before it had ended. */
  isCancelled: boolean;
  accepted: boolean | undefined;
  outcome: RequestOutcome | undefined;
  result: 'artifact' | 'error' | undefined;
  progress: 'going on' | 'over';
}

/** What there is to know about the system without looking into it. */
export class Model {
  /** Every request that was ever submitted; one that was recovered once more. */
  readonly clients: Client[] = [];
  /** Those that have not ended, by id. */
  readonly alive = new Map<string, Client>();
  /** Nothing is taken any more. */
  isDraining = false;
  isClosed = false;
  /** The backend died, and was given up or may be. */
  hasDied = false;
  /** Calls of `open` were told to fail, or records not to be written. */
  readonly mayFail = { opens: false, journal: false };
  /** Things took another time than the profile says: times cannot be computed any more. */
  isDistorted: boolean;
  /** The clock was set. */
  hasJumped = false;

  #shapes: readonly StepProfileShape[];

  constructor(readonly setup: Setup) {
    this.#shapes = setup.world.shapes;
    this.isDistorted = setup.backend.noiseSeed !== null;
  }

  /** What the scheduler of this life knows. */
  get profile(): Profile {
    return profileOf(...this.#shapes);
  }

  /** Whether that holds a shape. */
  serves(shape: string): boolean {
    return this.#shapes.some(({ id }) => id === shape);
  }

  /** The next life knows all shapes but the largest, or all. */
  dropLargestShape(drop: boolean): void {
    this.#shapes = drop ? this.#shapes.slice(0, Math.max(1, this.#shapes.length - 1)) : this.setup.world.shapes;
  }

  /** A request that has not ended, if there is any. */
  pickAlive(index: number): Client | undefined {
    const all = [...this.alive.values()];
    return all[index % all.length];
  }

  /** Any request, if there is any. */
  pickAny(index: number): Client | undefined {
    return this.clients[index % this.clients.length];
  }
}
