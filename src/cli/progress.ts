import { SingleBar } from 'cli-progress';
import type { CliIo } from './cli-io.js';

/** Tells somebody who waits how far it is. */
export interface Progress {
  update(done: number): void;
  stop(): void;
}

/** Work that is done before this does not need a bar. */
const patienceMs = 500;

/** A bar on stderr that appears if the work takes long; nothing if nobody watches. */
export function createProgress(io: CliIo, total: number, isWanted: boolean): Progress {
  if (!isWanted || io.stderr.isTTY !== true) return { update: () => undefined, stop: () => undefined };
  const startMs = io.clockMs();
  let bar: SingleBar | undefined;
  return {
    update(done) {
      if (bar === undefined && io.clockMs() - startMs < patienceMs) return;
      if (bar === undefined) {
        bar = new SingleBar({
          stream: io.stderr,
          format: '{bar} {value} of {total} requests',
          clearOnComplete: true,
          linewrap: true,
        });
        bar.start(total, done);
      }
      bar.update(done);
    },
    stop() {
      bar?.stop();
    },
  };
}
