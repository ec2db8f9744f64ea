import { createSimulatedBackend, type SimulatedBackend } from '../../../src/backends/simulated/index.js';
import type { CompleteRequest } from '../../../src/model/index.js';
import { createPolicy } from '../../../src/policies/index.js';
import { validatePlan } from '../../../src/rounds/index.js';
import { createScheduler, type JournalRecord, type Scheduler } from '../../../src/scheduler/index.js';
import type { VirtualClock } from '../../../src/simulation/index.js';
import { countedClock, type CountedClock } from './counted-clock.js';
import { delivery } from './delivery.js';
import { flakyJournal, type FlakyJournal } from './flaky-journal.js';
import type { Model } from './model.js';
import { normalDeviates } from './noise.js';
import { observeBackend, type ObservedBackend } from './observer/observed-backend.js';
import type { Asked } from './observer/states.js';
import { isPoisonous } from './payload.js';

/** One life of a scheduler, and everything that dies with it. */
export interface Life {
  readonly clock: VirtualClock;
  /** What scheduler and backend see of it. */
  readonly counted: CountedClock;
  readonly inner: SimulatedBackend;
  readonly backend: ObservedBackend;
  readonly journal: FlakyJournal | undefined;
  readonly starting: Promise<Scheduler>;
  /** What it still does is of no interest any more. */
  isOver: boolean;
}

/** What a life begins with. */
export interface Birth {
  readonly model: Model;
  readonly clock: VirtualClock;
  /** What is on the disk. */
  readonly records: readonly JournalRecord[];
  /** Told of everything that must not be. */
  readonly violate: (what: string) => void;
  /** Told of every call of the clock. */
  readonly onSchedule: () => void;
  /** What the client of a request that is alive asked for. */
  readonly asked: (requestId: string) => Asked | undefined;
}

export function startLife({ model, clock, records, onSchedule, asked, ...birth }: Birth): Life {
  const { policy, options, world, journalMs, deliverMs, maxRequests, maxSteps, backend: simulated } = model.setup;
  const { noiseSeed, lateMs, ...backendOptions } = simulated;
  const { profile } = model;
  const { cluster } = world;
  const violate = (what: string): void => {
    if (!life.isOver) birth.violate(what);
  };
  const counted = countedClock(clock, onSchedule);
  const inner = createSimulatedBackend({
    ...{ profile, cluster, clock: counted, isPoisonous, ...backendOptions },
    ...(noiseSeed === null ? {} : { noise: { deviate: normalDeviates(noiseSeed) } }),
  });
  const backend = observeBackend(inner, { cluster, profile, violate, asked, clock, lateMs });
  const journal = journalMs === null ? undefined : flakyJournal(records, clock, journalMs);
  const starting = createScheduler<unknown, unknown>({
    ...options,
    ...{ backend, profile, clock: counted, policy: createPolicy(policy) },
    ...(journal === undefined ? {} : { journal }),
    ...(deliverMs === null ? {} : { deliver: delivery(clock, deliverMs, asked, violate) }),
    limits: {
      ...(maxRequests === null ? {} : { requests: maxRequests }),
      ...(maxSteps === null ? {} : { memoryBytes: maxSteps, memoryBytesOf: ({ steps }: CompleteRequest) => steps }),
    },
    onPlan: (input, plan) => {
      for (const violation of validatePlan(input, plan)) violate(JSON.stringify(violation));
    },
    onError: (error, where) => {
      const isExpected =
        (where === 'reconnect' && model.mayFail.opens) ||
        // A request whose delivery outlasts the closing is written down too late.
        (where === 'journal' && (model.mayFail.journal || model.isClosed));
      if (!isExpected) violate(`${where}: ${String(error)}`);
    },
  });
  const life: Life = { clock, counted, inner, backend, journal, starting, isOver: false };
  return life;
}
