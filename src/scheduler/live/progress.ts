/** What a request does. */
export type RequestProgress =
  | {
      /** It waits for GPUs, at first or again. */
      readonly status: 'queued';
    }
  | {
      /** Its conditioning is encoded. */
      readonly status: 'preparing';
      readonly gpu: number;
    }
  | {
      /** It has GPUs; told at the start of each chunk, and after each step where the backend tells of them. */
      readonly status: 'running';
      readonly degree: number;
      readonly gpus: readonly number[];
      /** Completed steps, skipped ones included. */
      readonly stepsDone: number;
      /** All steps of the request. */
      readonly steps: number;
    }
  | {
      /** All steps are done. */
      readonly status: 'decoding';
      readonly gpu: number;
    };

/** Progress that is told by one and heard by any number of others. */
export interface ProgressChannel extends AsyncIterable<RequestProgress> {
  /** Tells all who listen. */
  tell(progress: RequestProgress): void;
  /** Ends it for all who listen, and for all who will. */
  end(): void;
}

/** What a listener who does not keep up misses nothing of; beyond it the oldest is dropped. */
const maxUnread = 64;

/**
 * A channel that starts with the state at hand. Whoever listens gets that first, then each change; of steps that follow one
 * another on the same GPUs while he does not listen, the last one only. So a listener who does not keep up costs no memory.
 */
export function createProgressChannel(first: RequestProgress): ProgressChannel {
  let latest = first;
  let isOver = false;
  const listeners = new Set<Listener>();
  return {
    tell(progress) {
      if (isOver || isSame(latest, progress)) return;
      latest = progress;
      for (const listener of listeners) listener.put(progress);
    },
    end() {
      isOver = true;
      for (const listener of listeners) listener.end();
      listeners.clear();
    },
    [Symbol.asyncIterator]() {
      const listener = createListener(() => listeners.delete(listener));
      if (isOver) {
        listener.end();
      } else {
        listener.put(latest);
        listeners.add(listener);
      }
      return listener;
    },
  };
}

interface Listener extends AsyncIterableIterator<RequestProgress, undefined> {
  put(progress: RequestProgress): void;
  end(): void;
}

function createListener(leave: () => void): Listener {
  const unread: RequestProgress[] = [];
  let waiting: ((result: IteratorResult<RequestProgress, undefined>) => void)[] = [];
  let isOver = false;
  const endAll = (): void => {
    isOver = true;
    for (const resolve of waiting) resolve({ done: true, value: undefined });
    waiting = [];
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    put(progress) {
      const resolve = waiting.shift();
      if (resolve !== undefined) {
        resolve({ done: false, value: progress });
        return;
      }
      const last = unread[unread.length - 1];
      if (last !== undefined && isSameRun(last, progress)) unread.pop();
      unread.push(progress);
      if (unread.length > maxUnread) unread.shift();
    },
    end: endAll,
    next() {
      const progress = unread.shift();
      if (progress !== undefined) return Promise.resolve({ done: false, value: progress });
      if (isOver) return Promise.resolve({ done: true, value: undefined });
      return new Promise((resolve) => waiting.push(resolve));
    },
    return() {
      leave();
      unread.length = 0;
      endAll();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}

function isSame(a: RequestProgress, b: RequestProgress): boolean {
  return isSameRun(a, b)
    ? (a as Running).stepsDone === (b as Running).stepsDone
    : JSON.stringify(a) === JSON.stringify(b);
}

type Running = RequestProgress & { status: 'running' };

function isSameRun(a: RequestProgress, b: RequestProgress): boolean {
  return a.status === 'running' && b.status === 'running' && a.gpus.join() === b.gpus.join();
}
