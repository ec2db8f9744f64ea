import type { Backend, BackendEvent } from '../../backends/index.js';
import type { Clock } from '../../clock/index.js';
import { duration, whole } from '../../model/check.js';
import type { SchedulerEvent } from '../core/events.js';
import type { ReconnectOptions } from './options.js';

/** How a lost backend is opened again; `undefined` for not at all. */
export interface ReconnectSettings {
  readonly attempts: number;
  readonly delayMs: number;
}

/** Checks the options and fills in the defaults. */
export function parseReconnect(options: ReconnectOptions | false = {}): ReconnectSettings | undefined {
  if (options === false) return undefined;
  return {
    attempts: whole(options.attempts ?? 5, 'reconnect.attempts', 1),
    delayMs: duration(options.delayMs ?? 1000, 'reconnect.delayMs'),
  };
}

/** Listens to a backend, and opens it again when it is lost. */
export interface Connection {
  /** GPUs that the backend says are lost. */
  readonly lost: ReadonlySet<number>;
  /** Is told what the backend reports. */
  readonly listen: (event: BackendEvent) => void;
  /** The whole backend is lost, by an event or by an error; told twice, it happens once. */
  readonly lose: (detail: string) => void;
  /** Takes no notice of anything any more. */
  end(): void;
}

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
  let state: 'open' | 'lost' | 'over' = 'open';
  let cancelRetry: () => void = () => undefined;

  const listen = (event: BackendEvent): void => {
    if (state !== 'open') return;
    if (event.type === 'lost') {
      lose(event.detail);
      return;
    }
    const { gpu } = event;
    const isLost = event.type === 'gpu-lost';
    // Nothing new, or none of ours.
    if (!gpus.has(gpu) || lost.has(gpu) === isLost) return;
    if (isLost) lost.add(gpu);
    else lost.delete(gpu);
    post({ type: event.type, atMs: clock.nowMs(), gpu });
  };

  const lose = (detail: string): void => {
    if (state !== 'open') return;
    state = 'lost';
    for (const gpu of gpus) lost.add(gpu);
    post({ type: 'backend-lost', atMs: clock.nowMs(), detail });
    if (reconnect === undefined || !backend.capabilities.reopens) giveUp(detail);
    else retry(1, reconnect.delayMs, detail);
  };

  const retry = (attempt: number, delayMs: number, detail: string): void => {
    cancelRetry = clock.schedule(clock.nowMs() + delayMs, () => {
      if (state !== 'lost') return;
      backend.open(listenAgain).then(
        ({ cluster }) => {
          if (state !== 'lost') return;
          state = 'open';
          for (const { id } of cluster.gpus) listen({ type: 'gpu-back', gpu: id });
          for (const event of early.splice(0)) listen(event);
        },
        (error: unknown) => {
          onError(error, 'reconnect');
          if (state !== 'lost') return;
          if (attempt >= (reconnect as ReconnectSettings).attempts) giveUp(detail);
          else retry(attempt + 1, 2 * delayMs, detail);
        },
      );
    });
  };
  // What is reported before `open` has answered waits until it has.
  const early: BackendEvent[] = [];
  const listenAgain = (event: BackendEvent): void => {
    if (state === 'lost') early.push(event);
    else listen(event);
  };

  const giveUp = (detail: string): void => {
    post({ type: 'close', atMs: clock.nowMs(), reason: 'backend-lost', detail });
  };

  return {
    lost,
    listen,
    lose,
    end() {
      state = 'over';
      cancelRetry();
    },
  };
}
