import type { LaunchedWorker, WorkerLauncher } from '../../../src/backends/cuda/index.js';
import { createFrameReader, encodeFrame, type Frame } from '../../../src/backends/cuda/protocol/frames.js';

interface Tapped {
  readonly process: LaunchedWorker;
  readonly answers: Map<unknown, (frame: Frame) => void>;
  pid: number | undefined;
  hasEnded: boolean;
}

/** The calls of tests are numbered from here on; no backend counts that far. */
const firstCall = 2 ** 41;

/** A launcher, and a way to its workers past the backend: their processes, and frames of a test's own. */
export function tapLauncher({ rendezvous, launch, close }: WorkerLauncher) {
  const byRank = new Map<number, Tapped>();
  const all: Tapped[] = [];
  const pids = new Set<number>();
  let serial = firstCall;

  const at = (rank: number): Tapped => {
    const tapped = byRank.get(rank);
    if (tapped === undefined) throw new Error(`no worker ${rank} was launched`);
    return tapped;
  };

  return {
    launcher: {
      ...{ rendezvous, close },
      launch(rank, listener) {
        const reader = createFrameReader((frame) => {
          const { type, pid, call } = frame.header;
          if (type === 'ready') pids.add((tapped.pid = pid as number));
          if (type === 'done') tapped.answers.get(call)?.(frame);
        });
        const process = launch(rank, {
          onLog: (line) => listener.onLog(line),
          onBytes(bytes) {
            try {
              reader.push(bytes);
            } catch {
              // What is no frame is the backend's to judge.
            }
            listener.onBytes(bytes);
          },
          onExit(exit) {
            tapped.hasEnded = true;
            listener.onExit(exit);
          },
        });
        const tapped: Tapped = { process, answers: new Map(), pid: undefined, hasEnded: false };
        byRank.set(rank, tapped);
        all.push(tapped);
        return process;
      },
    } satisfies WorkerLauncher,
    /** The process of the worker that a rank has now. */
    pidOf(rank: number): number {
      const { pid } = at(rank);
      if (pid === undefined) throw new Error(`worker ${rank} is not ready yet`);
      return pid;
    },
    /** Has a worker do something bad. Resolves when it says that it does. */
    async inject(rank: number, fault: object): Promise<void> {
      const { process, answers } = at(rank);
      const call = serial++;
      const answered = new Promise<Frame>((resolve) => answers.set(call, resolve));
      for (const part of encodeFrame({ type: 'inject', call, fault })) process.send(part);
      await answered;
      answers.delete(call);
    },
    /** How many of the workers that were launched have not ended. */
    alive: () => all.filter(({ hasEnded }) => !hasEnded).length,
    /** Ends every process that was ever ready here. */
    killAll() {
      for (const pid of pids) kill(pid, 'SIGKILL');
    },
  };
}

/** Sends a signal to a process, if there is one. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  if (isThere(pid)) process.kill(pid, signal);
}

/** Whether there is such a process. */
export function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
