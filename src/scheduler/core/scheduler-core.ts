import { callable, duration, flag, methods, optional, record, show, whole } from '../../model/check.js';
import { parseCluster, TetriError, type Cluster, type GenerationRequest, type RoundPlan } from '../../model/index.js';
import { horizon, type Policy } from '../../policies/index.js';
import { correctedProfile, type Profile } from '../../profile/index.js';
import type { RoundInput } from '../../rounds/index.js';
import { oneOf, parseAdmission, type AdmissionOptions } from './admission-options.js';
import { checkEvents } from './check-events.js';
import type { SchedulerCommand } from './commands.js';
import type { SchedulerEvent } from './events.js';
import { forecast } from './forecast.js';
import { quote, type Quote } from './quote.js';
import { fromSnapshot, toSnapshot, type SchedulerSnapshot } from './snapshot.js';
import { initialState, type CoreState } from './state.js';
import { statusOf, type SchedulerStatus } from './status.js';
import { takeTurn } from './take-turn.js';
import type { CoreSettings } from './turn.js';

/** What a scheduler core is made from. */
export interface SchedulerCoreOptions extends AdmissionOptions {
  /** What steps cost. */
  readonly profile: Profile;
  /** Default `horizon()`. */
  readonly policy?: Policy;
  /** Failures without a completed step in between after which a request is given up, at least 1. Default 3. */
  readonly maxFailures?: number;
  /**
   * How often a request may be running when its GPUs, the backend or the process die, without a completed step in between, at least 1;
   * then it fails with `crashed`, since it may be what kills them. From the second time on it shares no chunk, and one such request runs at
   * a time. What died with an earlier process is known only with a journal. Default 5.
   */
  readonly maxCrashes?: number;
  /**
   * What becomes of a request that cannot meet its deadline any more. `finish`: it is completed late, best effort. `drop`: it fails with
   * `deadline-missed` as soon as it holds no GPUs. Default `finish`.
   */
  readonly whenLate?: 'finish' | 'drop';
  /**
   * How long after its deadline a request that is not done begins to starve, in ms, above 0; `Infinity` for never. Default 60 000.
   *
   * From then on it waits for a second chance: a new deadline, four times its fastest rest away, with a weight that makes the policy
   * keep it. These are given one after the other, those first whose deadlines passed first, such that they take a thirty-second of
   * the GPU time. Who misses this deadline too gets GPUs ahead of all plans, at its smallest degree, one request at a time.
   *
   * So however many requests come, each ends: in the order of their deadlines, at a thirty-second of the cluster's speed at the
   * worst.
   */
  readonly starvationMs?: number;
  /**
   * How much longer than expected a chunk or a decoding may take, in ms, above 0. Then it is told to stop; after as long again it is given
   * up, with its GPUs taken for lost until they answer. `Infinity` for never. Default 30 000.
   */
  readonly stallMs?: number;
  /** Whether observed step times correct the profile for planning. Default `true`. */
  readonly correction?: boolean;
  /**
   * Whether GPUs that are much slower than the others, or on which chunk after chunk fails, are left out for a while. Default `true`.
   */
  readonly exclusion?: boolean;
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
  /**
   * Whether events would be taken in: throws what `handle` would throw for them, and changes nothing.
   */
  check(events: SchedulerEvent | readonly SchedulerEvent[]): void;
  /**
   * What a request could expect if it was submitted now. Changes nothing. It plays the scheduler forward until the request
   * is complete: a plan for every round or event until then, some tens of milliseconds at the most.
   *
   * @param nowMs - the time by the shell's clock
   * @throws `TetriError` for a request that could not be submitted
   */
  quote(request: GenerationRequest, nowMs: number): Quote;
  /**
   * The queue and the GPUs as they are. O(requests + GPUs).
   *
   * @param nowMs - the time by the shell's clock, for who is late by now
   */
  status(nowMs: number): SchedulerStatus;
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
 * A scheduler core that goes on where another one was when its snapshot was taken. Profile, policy and other options are not part
 * of a snapshot.
 *
 * @throws `TetriError` for data that is no snapshot of a known schema version
 */
export function restoreSchedulerCore(snapshot: SchedulerSnapshot, options: SchedulerCoreOptions): SchedulerCore {
  return coreOf(fromSnapshot(snapshot), options);
}

function coreOf(state: CoreState, options: SchedulerCoreOptions): SchedulerCore {
  const settings = parseOptions(state, options);
  const check = (events: readonly SchedulerEvent[]): void => {
    checkEvents(state, settings, events);
  };
  return {
    handle(events) {
      const inOrder: readonly SchedulerEvent[] = [events].flat();
      check(inOrder);
      return inOrder.length === 0 ? [] : takeTurn(state, settings, inOrder);
    },
    check(events) {
      check([events].flat());
    },
    quote(request, nowMs) {
      check([{ type: 'submit', atMs: nowMs, request }]);
      return quote(state, { ...settings, onPlan: undefined }, request, nowMs);
    },
    status: (nowMs) => statusOf(state, settings, nowMs),
    snapshot: () => toSnapshot(state),
  };
}

function parseOptions(state: CoreState, options: SchedulerCoreOptions): CoreSettings {
  record(options, 'options');
  const measured = record(options.profile, 'profile') as unknown as Profile;
  const isCorrecting = flag(options.correction ?? true, 'correction');
  const profile = isCorrecting ? correctedProfile(measured, (shape) => state.corrections.get(shape)) : measured;
  const settings: CoreSettings = {
    profile,
    measured,
    policy: optional(options.policy, horizon(), checkPolicy),
    maxFailures: whole(options.maxFailures ?? 3, 'maxFailures', 1),
    maxCrashes: whole(options.maxCrashes ?? 5, 'maxCrashes', 1),
    admission: parseAdmission(options, (now, request) => {
      const ahead = forecast(now, { ...settings, onPlan: undefined }, request, request.deadlineMs);
      return ahead.status === 'complete' ? ahead.finishMs <= request.deadlineMs : ahead.status === 'unknown';
    }),
    whenLate: oneOf(options.whenLate ?? 'finish', ['finish', 'drop'], 'whenLate'),
    starvationMs: patience(options.starvationMs ?? 60_000, 'starvationMs'),
    exclusion: flag(options.exclusion ?? true, 'exclusion'),
    stallMs: patience(options.stallMs ?? 30_000, 'stallMs'),
    onPlan: options.onPlan === undefined ? undefined : (callable(options.onPlan, 'onPlan') as typeof options.onPlan),
  };
  return settings;
}

function checkPolicy(policy: unknown): Policy {
  methods(policy, 'policy', ['plan']);
  return policy as Policy;
}

/** A duration, or `Infinity`. */
function patience(value: unknown, path: string): number {
  if (value === Infinity) return Infinity;
  try {
    return duration(value, path);
  } catch (error) {
    if (!TetriError.isInstance(error)) throw error;
    const message = `expected a duration above 0, or Infinity, received ${show(value)}`;
    throw new TetriError(error.code, message, path, value);
  }
}
