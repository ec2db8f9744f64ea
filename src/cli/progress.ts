import { SingleBar } from 'cli-progress';
import type { CliIo } from './cli-io.js';

/** Tells somebody who waits how far it is. */
export interface Progress {
  /**
   * @param done - how much is done
   * @param total - how much there is, if that is another number by now
   */
  update(done: number, total?: number): void;
  stop(): void;
}

/** Work that is done before this does not need a bar. */
const patienceMs = 500;

/**
 * A bar on stderr that appears if the work takes long; nothing if nobody watches.
 *
 * @param format - what stands beside the bar: `{value}`, `{total}`, `{percentage}`, and `{left}`, the time that the rest takes if it goes on
 * like this
 */
export function createProgress(
  io: CliIo,
  total: number,
  isWanted: boolean,
  format = '{value} of {total} requests',
): Progress {
  if (!isWanted || io.stderr.isTTY !== true) return { update: () => undefined, stop: () => undefined };
  const startMs = io.clockMs();
  let bar: SingleBar | undefined;
  return {
    update(done, newTotal = total) {
      total = newTotal;
      const elapsedMs = io.clockMs() - startMs;
      if (bar === undefined && elapsedMs < patienceMs) return;
      const payload = { left: duration((elapsedMs * (total - done)) / done) };
      if (bar === undefined) {
        bar = new SingleBar({
          stream: io.stderr,
          format: `{bar} ${format}`,
          clearOnComplete: true,
          linewrap: true,
        });
        bar.start(total, done, payload);
      }
      bar.setTotal(total);
      bar.update(done, payload);
    },
    stop() {
      bar?.stop();
    },
  };
}

/** For people, in the unit that fits. */
function duration(ms: number): string {
  if (!Number.isFinite(ms)) return 'some time';
  const seconds = ms / 1000;
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 90 * 60 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
