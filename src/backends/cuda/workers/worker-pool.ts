import type { ReadyMessage } from '../protocol/messages.js';
import type { Worker } from './worker.js';

/** One worker for each rank, started anew when it is lost. */
export interface WorkerPool {
  /** The worker of a rank; `undefined` while it is lost. */
  at(rank: number): Worker | undefined;
  /** Those that work. */
  all(): readonly Worker[];
  /** Starts all of them; rejects with the `WorkerStartError` of the first one that fails, with none left. */
  start(): Promise<readonly ReadyMessage[]>;
  /** Ends all of them, by force where they do not end within the time. */
  close(graceMs: number): Promise<void>;
}

/** What a pool is made with. */
export interface WorkerPoolOptions {
  readonly worldSize: number;
  readonly startOne: (rank: number) => Worker;
  /** Time before a lost worker is started anew, in ms; doubled after each try that fails, up to a minute. */
  readonly restartDelayMs: number;
  readonly onLost: (worker: Worker, why: string) => void;
  readonly onBack: (rank: number) => void;
  /** Told of tries to start a worker anew that failed. */
  readonly onRestartFailed: (rank: number, error: unknown) => void;
}

const maxRestartDelayMs = 60_000;

export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  const { worldSize, startOne, restartDelayMs } = options;
  const ranks = Array.from({ length: worldSize }, (_, rank) => rank);
  /** Workers that work. */
  const working = new Map<number, Worker>();
  /** All whose processes have not ended. */
  const alive = new Set<Worker>();
  const timers = new Set<NodeJS.Timeout>();
  let isClosed = false;

  const start = (rank: number): Worker => {
    const worker = startOne(rank);
    alive.add(worker);
    void worker.ended.then(() => alive.delete(worker));
    return worker;
  };

  const settleIn = (worker: Worker): void => {
    working.set(worker.rank, worker);
    void worker.lost.then((why) => {
      if (working.get(worker.rank) !== worker) return;
      working.delete(worker.rank);
      if (isClosed) return;
      options.onLost(worker, why);
      // Its device is free only when it is really gone.
      void worker.ended.then(() => restart(worker.rank, restartDelayMs));
    });
  };

  const restart = (rank: number, delayMs: number): void => {
    if (isClosed) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      const worker = start(rank);
      const failed = (error: unknown): void => {
        if (isClosed) return;
        options.onRestartFailed(rank, error);
        void worker.ended.then(() => restart(rank, Math.min(2 * delayMs, maxRestartDelayMs)));
      };
      worker.ready.then(() => {
        if (isClosed) return;
        // What it said next may already have been its last.
        if (worker.isLost) return void worker.lost.then(failed);
        settleIn(worker);
        options.onBack(rank);
      }, failed);
    }, delayMs);
    timer.unref();
    timers.add(timer);
  };

  const close = async (graceMs: number): Promise<void> => {
    isClosed = true;
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    await Promise.all([...alive].map((worker) => worker.close(graceMs)));
    working.clear();
  };

  return {
    at(rank) {
      const worker = working.get(rank);
      return worker?.isLost === false ? worker : undefined;
    },
    all: () => [...working.values()].filter(({ isLost }) => !isLost),
    async start() {
      const workers = ranks.map(start);
      try {
        const told = await Promise.all(workers.map(({ ready }) => ready));
        // One may be gone again while the others were loading.
        workers.forEach(settleIn);
        return told;
      } catch (error) {
        for (const worker of workers) worker.lose('another worker could not be started');
        await Promise.all(workers.map(({ ended }) => ended));
        throw error;
      }
    },
    close,
  };
}
