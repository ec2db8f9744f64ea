import type { Clock } from '../../clock/index.js';

/** When the steps of a piece of work happen. */
export interface Pace {
  /** Start of the first step, in ms; before that the work can be stopped at once. */
  readonly firstStepMs: number;
  /** One step, in ms. */
  readonly stepMs: number;
  /** At least 1. */
  readonly steps: number;
}

/** Steps that are being done, one after another, on a clock. It holds one call of the clock at most. */
export interface Work {
  /** What the steps that are done took, in ms, stalls from the first step on included. */
  readonly tookMs: number;
  /** Ends it at the next step boundary, which is now if no step has begun since the last one. */
  stopAtBoundary(): void;
  /** Stops its time, and its end, until `resume`. */
  stall(): void;
  resume(): void;
  /** Ends it now; nothing is called any more. */
  drop(): void;
}

/** Times are sums of fractions: a millionth of a millisecond away is now. */
const toleranceMs = 1e-6;

/**
 * @param onBoundary - called after each step, with the number of steps done
 * @param onEnd - called once, after the last step or when it was stopped
 */
export function startWork(clock: Clock, pace: Pace, onBoundary: (stepsDone: number) => void, onEnd: () => void): Work {
  const { stepMs, steps } = pace;
  let firstStepMs = pace.firstStepMs;
  let done = 0;
  let tookMs = 0;
  let slippedMs = 0;
  let stalledMs: number | undefined;
  let stopping = false;
  let over = false;
  let disarm: () => void = () => undefined;

  const boundaryMs = (step: number): number => firstStepMs + step * stepMs;
  const isAtBoundary = (): boolean => clock.nowMs() <= boundaryMs(done) + toleranceMs;
  const drop = (): void => {
    over = true;
    disarm();
  };
  const goOn = (mayStop: boolean): void => {
    if (over || stalledMs !== undefined) return;
    if (done === steps || (stopping && mayStop)) {
      drop();
      onEnd();
    } else {
      disarm();
      disarm = clock.schedule(boundaryMs(done + 1), passBoundary);
    }
  };
  const passBoundary = (): void => {
    done++;
    tookMs = done * stepMs + slippedMs;
    // A listener that throws is heard at the clock, and stops nothing here.
    try {
      onBoundary(done);
    } finally {
      goOn(true);
    }
  };

  goOn(false);
  return {
    get tookMs() {
      return tookMs;
    },
    stopAtBoundary() {
      stopping = true;
      if (isAtBoundary()) goOn(true);
    },
    stall() {
      stalledMs ??= clock.nowMs();
      disarm();
    },
    resume() {
      if (stalledMs === undefined) return;
      const lostMs = Math.max(0, clock.nowMs() - stalledMs);
      if (stalledMs > firstStepMs) slippedMs += lostMs;
      firstStepMs += lostMs;
      stalledMs = undefined;
      goOn(isAtBoundary());
    },
    drop,
  };
}
