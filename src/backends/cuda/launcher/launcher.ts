import type { Rendezvous } from '../protocol/messages.js';

/**
 * What a launched worker does, as its launcher sees it.
 *
 * @experimental
 */
export interface WorkerListener {
  /** Bytes of the protocol. */
  readonly onBytes: (bytes: Uint8Array) => void;
  /** A line that it wrote to its standard output or error. */
  readonly onLog: (line: string) => void;
  /** Its end, told once; nothing follows. It may also be that it never began. */
  readonly onExit: (exit: WorkerExit) => void;
}

/**
 * How a worker ended.
 *
 * @experimental
 */
export interface WorkerExit {
  /** For people: exit code or signal, and the last lines that it wrote. */
  readonly detail: string;
  /** Whether there is no such program as was to be started. */
  readonly isMissing?: boolean;
}

/**
 * A worker in the hands of the backend.
 *
 * @experimental
 */
export interface LaunchedWorker {
  /** Sends bytes of the protocol; harmless after the end. */
  send(bytes: Uint8Array): void;
  /** Asks it to end; harmless after the end. */
  terminate(): void;
  /** Ends it at once, whatever it does; harmless after the end. */
  kill(): void;
}

/**
 * Where workers run: local processes, or one day the nodes of a cluster. The backend knows ranks and bytes, never hosts.
 *
 * @experimental
 */
export interface WorkerLauncher {
  /** Where groups of these workers meet. */
  readonly rendezvous: Rendezvous;
  /**
   * Starts the worker of a rank; again after the one before has ended. What goes wrong is told as its end, never before this
   * returns.
   */
  launch(rank: number, listener: WorkerListener): LaunchedWorker;
  /** Cleans up after all workers have ended. */
  close(): Promise<void>;
}
