import fc from 'fast-check';
import { policyNames } from '../../../src/policies/index.js';
import type { SchedulerOptions } from '../../../src/scheduler/index.js';
import { worlds, type World } from '../../simulation/worlds.js';

/** Everything about a run that does not change. Plain data, so that a counterexample can be read. */
export interface Setup {
  readonly world: World;
  readonly policy: string;
  /** Options that are handed on as they are. */
  readonly options: Pick<
    SchedulerOptions,
    'admit' | 'whenFull' | 'whenLate' | 'starvationMs' | 'stallMs' | 'correction' | 'closeMs'
  > & {
    readonly maxFailures: number;
    readonly reconnect: { readonly attempts: number; readonly delayMs: number } | false;
    readonly maxCrashes: number;
  };
  /** At most so many requests; `null` for any number. */
  readonly maxRequests: number | null;
  /** At most so many steps of all requests together, which stand for memory. */
  readonly maxSteps: number | null;
  readonly backend: {
    readonly blames: boolean;
    readonly switchMs: number;
    readonly maxBatchSize: number;
    /** How late calls are answered whose request was released meanwhile. */
    readonly lateMs: number;
    /** Noise of the step times; `null` for none. */
    readonly noiseSeed: number | null;
  };
  /** How long it takes to write a record; `null` for no journal. */
  readonly journalMs: number | null;
  /** How long it takes to deliver an artifact; `null` for no delivery. */
  readonly deliverMs: number | null;
  /** What may happen at all, so that it does not happen in every run. */
  readonly may: { readonly drain: boolean; readonly die: boolean; readonly jump: boolean };
  /** What happens in the end: everything is mended and gets its time, or all of it is closed as it is. */
  readonly ending: 'heal' | 'close';
}

/** So often the usual, so that the rest is the exception. */
const often = <T>(usual: T, times: number): T[] => Array.from({ length: times }, () => usual);

const options: fc.Arbitrary<Setup['options']> = fc.record({
  admit: fc.constantFrom(...often('all' as const, 7), 'feasible'),
  whenFull: fc.constantFrom('refuse', 'displace'),
  whenLate: fc.constantFrom(...often('finish' as const, 7), 'drop'),
  starvationMs: fc.constantFrom(Infinity, 60_000, 100, 0.5),
  stallMs: fc.constantFrom(Infinity, 30_000, 100, 1),
  maxFailures: fc.integer({ min: 1, max: 3 }),
  correction: fc.boolean(),
  closeMs: fc.constantFrom(0.5, 50, 10_000),
  reconnect: fc.oneof(
    { weight: 1, arbitrary: fc.constant<false>(false) },
    {
      weight: 4,
      arbitrary: fc.record({ attempts: fc.integer({ min: 1, max: 3 }), delayMs: fc.constantFrom(1, 1000) }),
    },
  ),
  maxCrashes: fc.integer({ min: 1, max: 3 }),
});

const backends: fc.Arbitrary<Setup['backend']> = fc.record({
  blames: fc.boolean(),
  switchMs: fc.constantFrom(0, 2, 7.5),
  maxBatchSize: fc.integer({ min: 1, max: 3 }),
  lateMs: fc.constantFrom(0, 0, 5, 60),
  noiseSeed: fc.option(fc.nat(1000)),
});

export interface SetupConstraints {
  readonly journal: boolean;
}

export function setups({ journal }: SetupConstraints): fc.Arbitrary<Setup> {
  return fc.record({
    world: worlds(),
    policy: fc.constantFrom('tetriserve', 'tetriserve', 'tetriserve', 'edf', 'fixed-2', ...policyNames),
    options,
    maxRequests: fc.constantFrom(...often(null, 4), 1, 3, 8, 20),
    maxSteps: fc.constantFrom(...often(null, 8), 8, 60),
    backend: backends,
    journalMs: journal ? fc.constantFrom(0, 0, 3, 40) : fc.constant(null),
    deliverMs: fc.constantFrom(null, null, 0, 30),
    may: fc.record({
      drain: fc.constantFrom(true, ...often(false, 7)),
      die: fc.constantFrom(true, ...often(false, 2)),
      jump: fc.constantFrom(true, ...often(false, 2)),
    }),
    ending: fc.constantFrom('heal', 'heal', 'heal', 'close'),
  });
}
