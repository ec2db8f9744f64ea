import type { Clock } from '../../../src/clock/index.js';

/** A clock that knows how much is still expected of it. */
export interface CountedClock extends Clock {
  /** Calls that were neither made nor taken back. */
  readonly pending: number;
}

/** @param onSchedule - told of every call that is scheduled */
export function countedClock(clock: Clock, onSchedule: () => void): CountedClock {
  let pending = 0;
  return {
    get pending() {
      return pending;
    },
    nowMs: () => clock.nowMs(),
    schedule(atMs, callback) {
      onSchedule();
      pending++;
      let isOpen = true;
      const end = (): void => {
        if (isOpen) pending--;
        isOpen = false;
      };
      const cancel = clock.schedule(atMs, () => {
        end();
        callback();
      });
      return () => {
        end();
        cancel();
      };
    },
  };
}
