import FastPriorityQueue from 'fastpriorityqueue';
import type { Clock } from '../clock/index.js';
import { finite, nonNegative } from '../model/check.js';

/** A clock that goes only when it is told to, for tests and simulations of what is written with promises. */
export interface VirtualClock extends Clock {
  /**
   * Lets so much time pass, in ms, at least 0: makes every call that falls due, in order, and after each moment waits until all that
   * follows from it without time has happened.
   */
  advance(ms: number): Promise<void>;
  /**
   * Lets time pass from call to call until `done` says so.
   *
   * @returns `false` if nothing is scheduled any more and it still says no
   */
  advanceUntil(done: () => boolean): Promise<boolean>;
  /** Sets the time by so much, in ms, also back, as somebody who sets a clock: calls that fall due are made at the next advance. */
  jump(ms: number): void;
  /** Calls that are scheduled. */
  readonly pending: number;
}

interface Timer {
  readonly atMs: number;
  readonly serial: number;
  readonly callback: () => void;
  cancelled: boolean;
}

/**
 * A virtual clock.
 *
 * @param startMs - its time at first. Default 0.
 */
export function createVirtualClock(startMs = 0): VirtualClock {
  const timers = new FastPriorityQueue<Timer>((a, b) => (a.atMs !== b.atMs ? a.atMs < b.atMs : a.serial < b.serial));
  let nowMs = finite(startMs, 'startMs');
  let serial = 0;
  let pending = 0;

  const next = (): Timer | undefined => {
    while (timers.peek()?.cancelled === true) timers.poll();
    return timers.peek();
  };

  /** Makes every call that is due at the time of the next one; `false` if there is none up to `untilMs`. */
  const fireNext = async (untilMs: number): Promise<boolean> => {
    const first = next();
    if (first === undefined || first.atMs > untilMs) return false;
    nowMs = Math.max(nowMs, first.atMs);
    for (let due: Timer | undefined = first; due !== undefined && due.atMs <= nowMs; due = next()) {
      timers.poll();
      pending--;
      due.cancelled = true;
      due.callback();
    }
    await everythingElse();
    return true;
  };

  return {
    nowMs: () => nowMs,
    schedule(atMs, callback) {
      const timer: Timer = { atMs, serial: serial++, callback, cancelled: false };
      timers.add(timer);
      pending++;
      return () => {
        if (timer.cancelled) return;
        timer.cancelled = true;
        pending--;
      };
    },
    async advance(ms) {
      const untilMs = nowMs + nonNegative(ms, 'ms');
      await everythingElse();
      while (await fireNext(untilMs));
      nowMs = Math.max(nowMs, untilMs);
    },
    async advanceUntil(done) {
      await everythingElse();
      while (!done()) if (!(await fireNext(Infinity))) return done();
      return true;
    },
    jump(ms) {
      nowMs += finite(ms, 'ms');
    },
    get pending() {
      return pending;
    },
  };
}

/** Until every promise that waits for no time has been heard. */
function everythingElse(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'undefined') setTimeout(resolve, 0);
    else setImmediate(resolve);
  });
}
