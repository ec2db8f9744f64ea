import { record, whole } from '../../model/check.js';
import { parseCluster, type Cluster, type RoundPlan } from '../../model/index.js';
import { tetriserve, type Policy } from '../../policies/index.js';
import type { Profile } from '../../profile/index.js';
import type { RoundInput } from '../../rounds/index.js';
import { abortUnwanted, applyEvent, checkEvents, startDecoding } from './apply-event.js';
import type { SchedulerCommand } from './commands.js';
import type { SchedulerEvent } from './events.js';
import { planWhenDue } from './plan-when-due.js';
import { fromSnapshot, toSnapshot, type SchedulerSnapshot } from './snapshot.js';
import { initialState, type CoreSettings, type CoreState, type Turn } from './state.js';

/** What a scheduler core is made from. */
export interface SchedulerCoreOptions {
  /** What steps cost. */
  readonly profile: Profile;
  /** Default `tetriserve()`. */
  readonly policy?: Policy;
  /** Failures without a completed step in between after which a request is given up, at least 1. Default 3. */
  readonly maxFailures?: number;
  /**
   * Told of every plan before it is carried out, for metrics, logs and checks. It must not change what it gets; if it throws, the
   * plan has failed. Default none.
   */
  readonly onPlan?: (input: RoundInput, plan: RoundPlan) => void;
}

/**
 * The scheduler without clocks, processes or GPUs: events in, commands out. A simulator and a live server are two shells round
 * it, so what is simulated is what runs.
 *
 * It keeps what it was told (requests, progress, which GPU does what) and asks its policy when a plan is due: at round boundaries
 * for policies that plan at boundaries, after every event for the others.
 */
export interface SchedulerCore {
  /**
   * Takes in what happened and says what to do. Events of one moment should come in one call, so that one plan sees them all.
   *
   * @param events - one event, or several in order
   * @returns commands, to be carried out in order
   * @throws `TetriError` for a request that cannot be accepted (`duplicate-request`, `unknown-shape`, ...) and for an unknown GPU
   * (`unknown-gpu`). Then no event of the call counts.
   */
  handle(events: SchedulerEvent | readonly SchedulerEvent[]): SchedulerCommand[];
  /** All that the core remembers, as plain JSON data. A core restored from it goes on exactly as this one would. */
  snapshot(): SchedulerSnapshot;
}

/**
 * A scheduler core that has seen nothing yet.
 *
 * @throws `TetriError` for a bad cluster or bad options
 */
export function createSchedulerCore(cluster: Cluster, options: SchedulerCoreOptions): SchedulerCore {
  return coreOf(initialState(parseCluster(cluster, 'cluster')), options);
}

/**
 * A scheduler core that goes on where another one was when its snapshot was taken. Profile and policy are not part of a snapshot.
 *
 * @throws `TetriError` for data that is no snapshot of a known schema version
 */
export function restoreSchedulerCore(snapshot: SchedulerSnapshot, options: SchedulerCoreOptions): SchedulerCore {
  return coreOf(fromSnapshot(snapshot), options);
}

function coreOf(state: CoreState, options: SchedulerCoreOptions): SchedulerCore {
  record(options, 'options');
  record(options.profile, 'options.profile');
  const settings: CoreSettings = {
    profile: options.profile,
    policy: options.policy ?? tetriserve(),
    maxFailures: whole(options.maxFailures ?? 3, 'options.maxFailures', 1),
    onPlan: options.onPlan,
  };
  return {
    handle(events) {
      const turn: Turn = { state, settings, commands: [], changed: false };
      const inOrder = [events].flat() as readonly SchedulerEvent[];
      checkEvents(turn, inOrder);
      if (inOrder.length === 0) return turn.commands;
      for (const event of inOrder) applyEvent(turn, event);
      abortUnwanted(turn);
      startDecoding(turn);
      planWhenDue(turn);
      return turn.commands;
    },
    snapshot: () => toSnapshot(state),
  };
}
