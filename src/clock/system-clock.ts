import type { Clock } from './clock.js';

/** The longest delay that timers take; beyond it they fire at once. */
const maxDelayMs = 2 ** 31 - 1;

/**
 * Milliseconds since 1970 that never jump: the time at which the process started, and a monotonic count since. A clock that is set
 * while the process runs does not move deadlines.
 */
export function systemClock(): Clock {
  const nowMs = (): number => performance.timeOrigin + performance.now();
  return {
    nowMs,
    schedule(atMs, callback) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const arm = (): void => {
        // Rounded up, since timers drop fractions and would fire early.
        timer = setTimeout(fire, Math.min(maxDelayMs, Math.max(0, Math.ceil(atMs - nowMs()))));
      };
      const fire = (): void => {
        if (nowMs() < atMs) arm();
        else callback();
      };
      arm();
      return () => {
        clearTimeout(timer);
      };
    },
  };
}
