import { fileURLToPath } from 'node:url';
import { createLocalLauncher } from '../../../src/backends/cuda/index.js';
import { findPython } from '../../../src/backends/cuda/launcher/find-python.js';
import type { LaunchedWorker, WorkerLauncher, WorkerListener } from '../../../src/backends/cuda/launcher/launcher.js';
import { createFrameReader, encodeFrame, type Frame } from '../../../src/backends/cuda/protocol/frames.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Starts workers as the backend does by default. */
export function realLauncher(env: Readonly<Record<string, string>> = {}): WorkerLauncher {
  return createLocalLauncher({
    python: findPython(root, process.env),
    packageDirectory: `${root}src/backends/cuda/worker`,
    env,
  });
}

/** A worker process that outlives the backends that use it. */
interface Pooled {
  readonly process: LaunchedWorker;
  /** Who listens at the moment. */
  listener: WorkerListener | undefined;
  /** What it said when it was ready, and the `hello` that it was the answer to. */
  ready: Uint8Array[] | undefined;
  hello: string | undefined;
  hasEnded: boolean;
  /** Told of the answer to the last question of a backend that closes. */
  onParked: ((states: number) => void) | undefined;
}

/** The call that asks whether everything was dropped; no backend counts that far. */
const barrier = 2 ** 40;

/**
 * Real worker processes that are used again by the next backend, since importing PyTorch takes seconds and a test milliseconds. What a
 * closed backend leaves is checked: a process that still holds something is not used again, and `leaks` counts it.
 */
export function createProcessPool() {
  const real = realLauncher();
  const idle: Pooled[] = [];
  const byRank = new Map<number, Pooled>();
  const withheld = new Map<number, (() => void)[]>();
  const all = new Set<Pooled>();
  let leaks = 0;

  const start = (): Pooled => {
    const pooled: Pooled = {
      ...{ listener: undefined, ready: undefined, hello: undefined, hasEnded: false, onParked: undefined },
      process: real.launch(0, {
        onBytes(bytes) {
          try {
            reader.push(bytes);
          } catch {
            // What is no frame is the backend's to judge.
            pooled.listener?.onBytes(bytes);
          }
        },
        onLog: (line) => pooled.listener?.onLog(line),
        onExit(exit) {
          pooled.hasEnded = true;
          all.delete(pooled);
          pooled.onParked?.(0);
          pooled.listener?.onExit(exit);
        },
      }),
    };
    const reader = createFrameReader((frame) => hear(pooled, frame));
    all.add(pooled);
    return pooled;
  };

  const hear = (pooled: Pooled, { header, body }: Frame): void => {
    const bytes = [...encodeFrame(header, body)];
    if (header['type'] === 'ready') pooled.ready = bytes;
    if (header['type'] === 'done' && header['call'] === barrier) pooled.onParked?.(header['states'] as number);
    else for (const part of bytes) pooled.listener?.onBytes(part);
  };

  const send = (pooled: Pooled, header: object, body?: Uint8Array): void => {
    for (const part of encodeFrame(header, body)) pooled.process.send(part);
  };

  /** The backend that used it has closed: it is to hold nothing any more. */
  const park = (rank: number, pooled: Pooled): void => {
    pooled.onParked = (states) => {
      pooled.onParked = undefined;
      const { listener } = pooled;
      pooled.listener = undefined;
      byRank.delete(rank);
      if (pooled.hasEnded) return;
      if (states === 0) idle.push(pooled);
      else {
        leaks++;
        pooled.process.kill();
      }
      listener?.onExit({ detail: 'parked' });
    };
    send(pooled, { type: 'held', call: barrier });
  };

  /** One that had the same `hello`, or none yet. */
  const choose = (hello: string): Pooled => {
    const same = idle.findIndex((pooled) => pooled.hello === hello);
    const index = same < 0 ? idle.findIndex((pooled) => pooled.hello === undefined) : same;
    const [pooled] = index < 0 ? [] : idle.splice(index, 1);
    return pooled === undefined || pooled.hasEnded ? start() : pooled;
  };

  const launch = (rank: number, listener: WorkerListener): LaunchedWorker => {
    let pooled: Pooled | undefined;
    let isOver = false;
    const reader = createFrameReader(({ header, body }) => {
      if (pooled !== undefined) {
        if (header['type'] === 'close') {
          // For the backend it has ended; what it does to it from here on must not reach the next one.
          const parked = pooled;
          isOver = true;
          park(rank, parked);
        } else if (!isOver) send(pooled, header, body);
        return;
      }
      // The first one is the `hello`.
      const begin = (): void => {
        if (isOver) return;
        const hello = JSON.stringify(header);
        pooled = choose(hello);
        pooled.listener = listener;
        byRank.set(rank, pooled);
        if (pooled.hello === undefined) send(pooled, header, body);
        else setImmediate(() => pooled!.ready?.forEach((part) => listener.onBytes(part)));
        pooled.hello = hello;
      };
      const queue = withheld.get(rank);
      if (queue === undefined) begin();
      else queue.push(begin);
    });
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      if (pooled !== undefined) pooled.process.kill();
      else setImmediate(() => listener.onExit({ detail: 'it never began' }));
    };
    return { send: (bytes) => reader.push(bytes), terminate: end, kill: end };
  };

  return {
    /** For `createCudaBackend()`. */
    launcher: { rendezvous: real.rendezvous, launch, close: () => Promise.resolve() } satisfies WorkerLauncher,
    /** Processes that held something after their backend was closed. */
    get leaks() {
      return leaks;
    },
    /** Starts so many processes ahead of their use. */
    warmUp(count: number) {
      while (idle.length < count) idle.push(start());
    },
    /** Kills the worker of a rank, and lets none take its place. */
    lose(rank: number) {
      if (!withheld.has(rank)) withheld.set(rank, []);
      byRank.get(rank)?.process.kill();
      byRank.delete(rank);
      // So that its successor need not be waited for.
      idle.push(start());
    },
    restore(rank: number) {
      const begins = withheld.get(rank) ?? [];
      withheld.delete(rank);
      for (const begin of begins) begin();
    },
    restoreAll() {
      for (const rank of [...withheld.keys()]) this.restore(rank);
    },
    async dispose() {
      for (const { process } of all) process.kill();
      while (all.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await real.close();
    },
  };
}
