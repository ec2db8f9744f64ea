import { createSimulatedBackend, type SimulatedBackend } from '../../../src/backends/simulated/index.js';
import type { CompleteRequest } from '../../../src/model/index.js';
import { createPolicy } from '../../../src/policies/index.js';
import { validatePlan } from '../../../src/rounds/index.js';
import { createScheduler, type JournalRecord, type Scheduler } from '../../../src/scheduler/index.js';
import type { VirtualClock } from '../../../src/simulation/index.js';
import { delivery } from './delivery.js';
import { flakyJournal, type FlakyJournal } from './flaky-journal.js';
import type { Model } from './model.js';
import { normalDeviates } from './noise.js';
import { observeBackend, type Asked, type ObservedBackend } from './observed-backend.js';
import { isPoisonous } from './payload.js';

/** One life of a scheduler, and everything that dies with it. */
export interface Life {
  readonly clock: VirtualClock;
  readonly inner: SimulatedBackend;
  readonly backend: ObservedBackend;
  readonly journal: FlakyJournal | undefined;
  /** `undefined` until it has started. */
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
  const { noiseSeed, ...backendOptions } = simulated;
  const { profile } = model;
  const { cluster } = world;
  const violate = (what: string): void => {
    if (!life.isOver) birth.violate(what);
  };
  const inner = createSimulatedBackend({
    ...{ profile, cluster, clock, isPoisonous, ...backendOptions },
    ...(noiseSeed === null ? {} : { noise: { deviate: normalDeviates(noiseSeed) } }),
  });
  const backend = observeBackend(inner, { cluster, profile, violate, asked, nowMs: () => clock.nowMs() });
  const journal = journalMs === null ? undefined : flakyJournal(records, clock, journalMs);
  const starting = createScheduler<unknown, unknown>({
    ...options,
    ...{ backend, profile, policy: createPolicy(policy) },
    clock: {
      nowMs: () => clock.nowMs(),
      schedule(atMs, callback) {
        onSchedule();
        return clock.schedule(atMs, callback);
      },
    },
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
  const life: Life = { clock, inner, backend, journal, starting, isOver: false };
  return life;
}
