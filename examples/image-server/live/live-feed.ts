/** Tells any number of watchers the same thing, no more often than is good for them. */
export interface LiveFeed {
  /** There is something new to tell. */
  changed(): void;
  /** How many watch. */
  watchers(): number;
  /** What there is to tell, now and at each change, until the signal is aborted or the feed is closed. */
  watch(signal: AbortSignal): AsyncGenerator<string, void>;
  close(): void;
}

/**
 * @param read - what there is to tell; asked once for all watchers, and only if there are any
 * @param leastMs - between two tellings
 * @param mostMs - after so long it is told again, even if nothing changed
 */
export function createLiveFeed(read: () => string, leastMs = 200, mostMs = 15_000): LiveFeed {
  let watchers = 0;
  let isNew = false;
  let isClosed = false;
  let latest = '';
  let told = 0;
  let toldMs = 0;
  let resolveNext = (): void => undefined;
  let next = Promise.resolve();
  const wakeAll = (): void => {
    resolveNext();
    next = new Promise((resolve) => (resolveNext = resolve));
  };
  wakeAll();

  const tell = (): void => {
    if (watchers === 0 || (!isNew && performance.now() - toldMs < mostMs)) return;
    isNew = false;
    latest = read();
    toldMs = performance.now();
    told++;
    wakeAll();
  };
  const timer = setInterval(tell, leastMs).unref();

  return {
    changed: () => void (isNew = true),
    watchers: () => watchers,
    async *watch(signal) {
      watchers++;
      signal.addEventListener('abort', wakeAll, { once: true });
      const isOver = (): boolean => signal.aborted || isClosed;
      try {
        let heard = told;
        if (!isOver()) yield read();
        while (!isOver()) {
          if (heard === told) await next;
          else {
            // Whoever reads slowly has missed some, and gets the latest.
            heard = told;
            yield latest;
          }
        }
      } finally {
        watchers--;
      }
    },
    close() {
      isClosed = true;
      clearInterval(timer);
      wakeAll();
    },
  };
}
