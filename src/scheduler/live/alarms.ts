import type { Clock } from '../../clock/index.js';

/** Times at which somebody wants to be woken. */
export interface Alarms {
  /** Wakes at a time; once for any number of wishes for the same time. */
  set(atMs: number): void;
  /** Takes all of them back. */
  clear(): void;
}

/** @param wake - called at each time */
export function createAlarms(clock: Clock, wake: () => void): Alarms {
  const pending = new Map<number, () => void>();
  return {
    set(atMs) {
      if (pending.has(atMs)) return;
      const cancel = clock.schedule(atMs, () => {
        pending.delete(atMs);
        wake();
      });
      pending.set(atMs, cancel);
    },
    clear() {
      for (const cancel of pending.values()) cancel();
      pending.clear();
    },
  };
}
