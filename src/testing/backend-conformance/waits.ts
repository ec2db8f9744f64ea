import { systemClock } from '../../clock/index.js';
import { failure } from './expectations.js';

/** Waits that end. */
export interface Waits {
  /** Settles as `promise` does; rejects if that takes too long, or if nothing is left that could settle it. */
  bounded<T>(promise: PromiseLike<T>, what: string): Promise<T>;
}

/**
 * @param timeoutMs - the longest wait, in ms of real time
 * @param advanceUntil - lets virtual time pass: it runs whenever somebody waits, as real time would
 */
export function createWaits(timeoutMs: number, advanceUntil?: (done: () => boolean) => Promise<boolean>): Waits {
  const clock = systemClock();
  const waiting = new Set<(message: string) => void>();
  /** Waits that began or ended. */
  let changes = 0;
  let isDriven = false;

  const drive = async (): Promise<void> => {
    if (advanceUntil === undefined || isDriven) return;
    isDriven = true;
    try {
      let idleSince: number | undefined;
      while (waiting.size > 0) {
        if (await advanceUntil(() => waiting.size === 0)) continue;
        if (idleSince === changes) for (const fail of waiting) fail(stuck);
        idleSince = changes;
        // Something may still be on its way that takes no virtual time: a second chance.
        await new Promise<void>((resolve) => clock.schedule(clock.nowMs(), resolve));
      }
    } finally {
      isDriven = false;
    }
  };

  return {
    bounded(promise, what) {
      const wait = new Promise<Awaited<typeof promise>>((resolve, reject) => {
        const end = (): void => {
          waiting.delete(fail);
          changes++;
          cancel();
        };
        const fail = (message: string): void => {
          end();
          reject(failure(`${what} ${message}`));
        };
        const cancel = clock.schedule(clock.nowMs() + timeoutMs, () => fail(`did not end within ${timeoutMs} ms`));
        waiting.add(fail);
        changes++;
        promise.then(
          (value) => {
            end();
            resolve(value as Awaited<typeof promise>);
          },
          (error: unknown) => {
            end();
            // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is the other promise that chose it
            reject(error);
          },
        );
      });
      drive().catch((error: unknown) => {
        for (const fail of waiting) fail(`did not end, since advanceUntil() failed: ${String(error)}`);
      });
      return handled(wait);
    },
  };
}

/** The promise, which may reject unheard: a case that fails leaves calls behind that nobody waits for any more. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

const stuck = 'never ends: nothing is left to happen on its virtual time';
