import { createScheduler, type MetricsSink, type Scheduler } from '@tetri/scheduler/scheduler';
import { ApiError } from './api-error.js';
import type { ImagePayload, Picture } from './engines/image-engine.js';
import type { ImageServerSettings } from './options.js';

/** What a service is doing: it takes requests only while it is `serving`. */
export type ServicePhase = 'opening' | 'serving' | 'draining' | 'closed';

/** A scheduler and its life, from the loading of the model to the last request. */
export interface ImageService {
  readonly phase: ServicePhase;
  /** Settled when the GPUs are there; rejects with what is wrong with them. */
  readonly opened: Promise<Scheduler<ImagePayload, Picture>>;
  /** The scheduler once it is there, also while it drains. */
  readonly scheduler: Scheduler<ImagePayload, Picture> | undefined;
  /** Whether there is anything to run a request on. */
  isReady(): boolean;
  /**
   * The scheduler, for a new request.
   *
   * @throws `ApiError` 503 unless it is serving
   */
  accepting(): Scheduler<ImagePayload, Picture>;
  /** Takes nothing new, and waits for what was accepted, up to `drainMs`: not at all if the GPUs are not there yet. */
  drain(): Promise<void>;
  /** Ends everything, also the opening of GPUs, for which it waits no longer than `closeMs`. */
  close(): Promise<void>;
}

export function createImageService(
  { engine, policy, admit, maxRequests, drainMs, closeMs }: ImageServerSettings,
  metrics: MetricsSink,
  onError: (error: unknown, where: string) => void,
): ImageService {
  const { backend, profile } = engine;
  const limits = { requests: maxRequests };
  let phase: ServicePhase = 'opening';
  let scheduler: Scheduler<ImagePayload, Picture> | undefined;
  const opened = createScheduler({
    ...{ backend, profile, policy, admit, limits, metrics, onError },
  }).then((created) => {
    scheduler = created;
    if (phase === 'opening') phase = 'serving';
    return created;
  });
  // Whoever waits for it hears of it; nobody has to.
  opened.catch(() => (phase = 'closed'));

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    phase = 'closed';
    const ended = opened.then(
      (created) => created.close(),
      () => undefined,
    );
    if (scheduler !== undefined) return ended;
    // To load a model takes minutes. A backend that is closed stops that, and one that does not is left to itself.
    const stopped = backend.close().catch((error: unknown) => onError(error, 'close'));
    await within(closeMs, Promise.all([stopped, ended]));
  };

  return {
    opened,
    get phase() {
      return phase;
    },
    get scheduler() {
      return scheduler;
    },
    isReady: () =>
      phase === 'serving' &&
      scheduler !== undefined &&
      scheduler.status().gpus.some(({ state }) => state !== 'lost' && state !== 'excluded'),
    accepting() {
      if (phase === 'serving' && scheduler !== undefined) return scheduler;
      throw new ApiError(503, phase, `the server is ${phase}`, null, phase === 'opening' ? 5 : 10);
    },
    async drain() {
      if (phase !== 'closed') phase = 'draining';
      if (scheduler !== undefined) await within(drainMs, scheduler.drain());
    },
    close: () => (closing ??= close()),
  };
}

/** Waits for something, but not too long. */
async function within(ms: number, something: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([something, timeout]);
  clearTimeout(timer);
}
