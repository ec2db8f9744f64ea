import FastPriorityQueue from 'fastpriorityqueue';

/** Events of virtual time, earliest first. */
export interface EventQueue<T> {
  /** Adds an event; of events at one time, those of lower rank come first, then those added earlier. */
  add(atMs: number, rank: number, event: T): void;
  /**
   * Takes out all events of the earliest time, in order; empty if there are none. Times within a millionth of a millisecond are one
   * time, since they are sums of fractions.
   */
  takeNext(): { readonly atMs: number; readonly event: T }[];
}

interface Entry<T> {
  readonly atMs: number;
  readonly rank: number;
  readonly serial: number;
  readonly event: T;
}

/** A queue on `fastpriorityqueue`, which is not stable: the serial number makes the order total. */
export function createEventQueue<T>(): EventQueue<T> {
  const queue = new FastPriorityQueue<Entry<T>>((a, b) =>
    a.atMs !== b.atMs ? a.atMs < b.atMs : a.rank !== b.rank ? a.rank < b.rank : a.serial < b.serial,
  );
  let serial = 0;
  return {
    add(atMs, rank, event) {
      queue.add({ atMs, rank, serial: serial++, event });
    },
    takeNext() {
      const untilMs = (queue.peek()?.atMs ?? 0) + 1e-6;
      const taken: Entry<T>[] = [];
      while ((queue.peek()?.atMs ?? Infinity) <= untilMs) taken.push(queue.poll() as Entry<T>);
      return taken;
    },
  };
}
