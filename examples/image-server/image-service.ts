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
  /** Takes nothing new, and waits for what was accepted, up to `drainMs`. */
  drain(): Promise<void>;
  /** Ends everything. */
  close(): Promise<void>;
}

export function createImageService(
  { engine, policy, admit, maxRequests, drainMs }: ImageServerSettings,
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
      phase = 'draining';
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, drainMs)));
      await Promise.race([scheduler?.drain(), timeout]);
      clearTimeout(timer);
    },
    async close() {
      phase = 'closed';
      const created = await opened.catch(() => undefined);
      await created?.close();
    },
  };
}
