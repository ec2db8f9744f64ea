import type { Backend, BackendEvent } from '../../backends/index.js';
import type { Clock } from '../../clock/index.js';
import { duration, record, whole } from '../../model/check.js';
import type { SchedulerEvent } from '../core/events.js';
import type { CallFailure } from './failure.js';
import type { ReconnectOptions } from './options.js';

/** How a lost backend is opened again; `undefined` for not at all. */
export interface ReconnectSettings {
  readonly attempts: number;
  readonly delayMs: number;
  readonly timeoutMs: number;
}

/** Checks the options and fills in the defaults. */
export function parseReconnect(options: ReconnectOptions | false = {}): ReconnectSettings | undefined {
  if (options === false) return undefined;
  record(options, 'reconnect');
  return {
    attempts: whole(options.attempts ?? 5, 'reconnect.attempts', 1),
    delayMs: duration(options.delayMs ?? 1000, 'reconnect.delayMs'),
    timeoutMs: duration(options.timeoutMs ?? 600_000, 'reconnect.timeoutMs'),
  };
}

/** Listens to a backend, and opens it again when it is lost. */
export interface Connection {
  /** Losses that are known so far: what a call took note of when it began, to be given back with its failure. */
  readonly losses: number;
  /** Whether a GPU is lost, or was since then, be it back by now. */
  wasLost(gpu: number, since: number): boolean;
  /** Is told what the backend reports. */
  readonly listen: (event: BackendEvent) => void;
  /**
   * Is told what a call failed by. A loss may be told by an event, by the failures of calls, or by both, in any order; it happens once.
   * The failure of a call may also come when all is well again: then it is no news.
   */
  hear(failure: CallFailure, since: number): void;
  /**
   * Is told that a step was completed: the backend works. What was asked for before a loss says nothing of what came after it.
   *
   * @param since - the losses that were known when it was asked for
   */
  worked(since: number): void;
  /** Takes no notice of anything any more. */
  end(): void;
}

/** After so long without a loss a backend works, in ms, whether it had anything to do or not. */
const soundMs = 60_000;

/** @param gpus - the GPUs that the scheduler knows */
export function createConnection(
  backend: Backend,
  clock: Clock,
  gpus: ReadonlySet<number>,
  reconnect: ReconnectSettings | undefined,
  post: (event: SchedulerEvent) => void,
  onError: (error: unknown, where: string) => void,
): Connection {
  const lost = new Set<number>();
  let losses = 0;
  /** The number of the last loss of each GPU. */
  const lastLoss = new Map<number, number>();
  let lastBackendLoss = 0;
  let state: 'open' | 'lost' | 'over' = 'open';
  let cancelTimer: () => void = () => undefined;
  /** Tries to open it since it worked. */
  let attempts = 0;
  let openedMs = clock.nowMs();

  const listen = (event: BackendEvent): void => {
    if (state !== 'open') return;
    if (event.type === 'lost') {
      lose(event.detail);
      return;
    }
    const { gpu } = event;
    const isLost = event.type === 'gpu-lost';
    // None of ours, or nothing new. One that is back may be news at any time: the core gives GPUs up by itself.
    if (!gpus.has(gpu) || (isLost && lost.has(gpu))) return;
    if (isLost) takeFrom(gpu, ++losses);
    else lost.delete(gpu);
    post({ type: event.type, atMs: clock.nowMs(), gpu });
  };

  const takeFrom = (gpu: number, loss: number): void => {
    lost.add(gpu);
    lastLoss.set(gpu, loss);
  };

  const lose = (detail: string): void => {
    if (state !== 'open') return;
    state = 'lost';
    lastBackendLoss = ++losses;
    for (const gpu of gpus) takeFrom(gpu, losses);
    if (clock.nowMs() - openedMs >= soundMs) attempts = 0;
    post({ type: 'backend-lost', atMs: clock.nowMs(), detail });
    retry(detail);
  };

  const retry = (detail: string): void => {
    if (reconnect === undefined || !backend.capabilities.reopens || attempts >= reconnect.attempts) {
      giveUp(detail);
      return;
    }
    const { delayMs, timeoutMs } = reconnect;
    const afterMs = delayMs * 2 ** attempts++;
    cancelTimer = clock.schedule(clock.nowMs() + afterMs, () => {
      if (state !== 'lost') return;
      // It cannot be asked again while it has not answered.
      cancelTimer = clock.schedule(clock.nowMs() + timeoutMs, () => {
        onError(new Error(`the backend did not open again within ${timeoutMs} ms`), 'reconnect');
        state = 'over';
        giveUp(detail);
      });
      reopen().catch((error: unknown) => {
        if (state !== 'lost') return;
        cancelTimer();
        onError(error, 'reconnect');
        retry(detail);
      });
    });
  };

  const reopen = async (): Promise<void> => {
    // What is reported before `open` has answered waits until it has.
    const early: BackendEvent[] = [];
    const { cluster } = await backend.open((event) => {
      if (state === 'lost') early.push(event);
      else listen(event);
    });
    const back = cluster.gpus.map(({ id }) => id);
    if (state !== 'lost') return;
    cancelTimer();
    state = 'open';
    openedMs = clock.nowMs();
    for (const gpu of back) listen({ type: 'gpu-back', gpu });
    for (const event of early) listen(event);
  };

  const giveUp = (detail: string): void => {
    post({ type: 'close', atMs: clock.nowMs(), reason: 'backend-lost', detail });
  };

  return {
    get losses() {
      return losses;
    },
    wasLost: (gpu, since) => lost.has(gpu) || (lastLoss.get(gpu) ?? 0) > since,
    listen,
    hear({ lostGpus, isBackendLost, detail }, since) {
      for (const gpu of lostGpus) {
        if ((lastLoss.get(gpu) ?? 0) <= since) listen({ type: 'gpu-lost', gpu, detail });
      }
      if (isBackendLost && lastBackendLoss <= since) lose(detail);
    },
    worked(since) {
      if (lastBackendLoss <= since) attempts = 0;
    },
    end() {
      state = 'over';
      cancelTimer();
    },
  };
}
