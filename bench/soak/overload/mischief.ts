import type { SimulatedBackend } from '@tetri/scheduler/backends/simulated';
import type { VirtualClock } from '@tetri/scheduler/simulation';
import type { RandomSource } from '../../../src/simulation/random.js';
import { drawChance, drawOne, drawWhole } from '../../../src/testing/draws.js';
import type { ObservedBackend } from '../../../test/scheduler/live-model/observer/observed-backend.js';
import type { Tally } from './tally.js';

/** What mischief is done to. */
export interface MischiefOptions {
  readonly random: RandomSource;
  readonly clock: VirtualClock;
  readonly inner: SimulatedBackend;
  readonly backend: ObservedBackend;
  readonly gpus: readonly number[];
  readonly tally: Tally;
  /** Between two faults, in the mean, in ms; `Infinity` for none. */
  readonly everyMs: number;
}

/** Faults of every kind, again and again, each of which is mended after a while. */
export interface Mischief {
  /** No more of it; and everything is as it should be. */
  stop(): void;
}

export function startMischief(options: MischiefOptions): Mischief {
  const { random, clock, inner, backend, gpus, tally, everyMs } = options;
  const { faults } = inner;
  const state = (): 'intact' | 'lost' => drawOne(random, ['intact', 'intact', 'lost']);
  const gpu = (): number => drawOne(random, gpus);
  const later = (minMs: number, maxMs: number, act: () => void): void => {
    clock.schedule(clock.nowMs() + drawWhole(random, minMs, maxMs), act);
  };
  const unstallAll = (): void => gpus.forEach((each) => faults.unstall(each));

  const kinds: Readonly<Record<string, { readonly share: number; readonly act: () => void }>> = {
    'chunk fails': {
      share: 12,
      act: () =>
        faults.failNextChunk({ state: state(), afterSteps: drawWhole(random, 0, 4), blame: drawChance(random, 0.5) }),
    },
    'prepare fails': { share: 6, act: () => faults.failNextPrepare() },
    'finish fails': { share: 6, act: () => faults.failNextFinish({ state: state() }) },
    'GPU lost': {
      share: 6,
      act() {
        const lost = gpu();
        faults.loseGpu(lost, { state: state() });
        later(100, 20_000, () => faults.restoreGpu(lost));
      },
    },
    'chunk stalls': {
      share: 2,
      act() {
        faults.stallNextChunk();
        later(500, 60_000, unstallAll);
      },
    },
    'GPU stalls': {
      share: 2,
      act() {
        const stalled = gpu();
        faults.stall(stalled);
        later(500, 60_000, () => faults.unstall(stalled));
      },
    },
    'GPU slow': {
      share: 4,
      act() {
        const slow = gpu();
        faults.slowGpu(slow, drawOne(random, [1.3, 2, 5]));
        later(5000, 60_000, () => faults.slowGpu(slow, 1));
      },
    },
    'backend dies': {
      share: 1,
      act() {
        // It is dead already; more tries that fail would make the scheduler give up.
        if (backend.gpus.lost.size === gpus.length) return;
        backend.failOpens(drawWhole(random, 0, 3));
        faults.die();
      },
    },
    'clock jumps': { share: 1, act: () => clock.jump(drawWhole(random, -200, 500)) },
  };
  const bag = Object.entries(kinds).flatMap(([name, { share }]) => Array.from({ length: share }, () => name));

  let cancel = (): void => undefined;
  const go = (): void => {
    cancel = clock.schedule(clock.nowMs() - everyMs * Math.log(1 - random()), () => {
      const kind = drawOne(random, bag);
      tally.add(`fault: ${kind}`);
      kinds[kind]!.act();
      go();
    });
  };
  if (everyMs < Infinity) go();
  return {
    stop() {
      cancel();
      backend.failOpens(0);
      unstallAll();
      for (const each of gpus) {
        faults.restoreGpu(each);
        faults.slowGpu(each, 1);
      }
    },
  };
}
