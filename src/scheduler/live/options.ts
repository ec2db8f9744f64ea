import type { Backend } from '../../backends/index.js';
import type { Clock } from '../../clock/index.js';
import type { MetricsSink } from '../../metrics/index.js';
import type { CompleteRequest } from '../../model/index.js';
import type { SchedulerCoreOptions } from '../core/scheduler-core.js';
import type { Journal } from '../journal/index.js';

/** How a backend that died is opened again. */
export interface ReconnectOptions {
  /**
   * Tries in a row before everything is given up, a whole number of at least 1. They are counted anew when a step was completed, or
   * nothing was amiss for a minute. Default 5.
   */
  readonly attempts?: number;
  /** Time before the first try, in ms; doubled before each further one. Above 0. Default 1000. */
  readonly delayMs?: number;
  /** How long a try may take, in ms, above 0: one that is not answered by then is the last. Default 600 000. */
  readonly timeoutMs?: number;
}

/** What a scheduler is made from. */
export interface SchedulerOptions<Payload = unknown, Artifact = unknown> extends SchedulerCoreOptions {
  /** What executes. It is opened here, and closed with the scheduler. */
  readonly backend: Backend<Payload, Artifact>;
  /** The time. Default `systemClock()`. */
  readonly clock?: Clock;
  /**
   * Where accepted requests are written down, so that none is lost with the process. Then payloads have to be plain JSON data. Default
   * none.
   */
  readonly journal?: Journal;
  /**
   * Takes an artifact to where it is kept, before the request counts as completed. With a journal, a request whose process died in
   * between is run and delivered again, or fails, if it crashed too often or its deadline is gone: deliver by id, so that twice is as
   * good as once. If it rejects, the request fails with `delivery-failed`. Default none.
   */
  readonly deliver?: (artifact: Artifact, request: CompleteRequest) => void | Promise<void>;
  /** What to do when the whole backend dies, where it can be opened again; `false`: give up at once. Default: 5 attempts. */
  readonly reconnect?: ReconnectOptions | false;
  /**
   * How long `close()` waits for what runs to reach a step boundary, and for deliveries, in ms, above 0; then as long for the backend to
   * close. Default 10 000.
   */
  readonly closeMs?: number;
  /** Where metrics go. Default none. */
  readonly metrics?: MetricsSink;
  /**
   * Told of what goes wrong without any client to tell: a policy that breaks the rules, a journal that cannot be written, a release that
   * fails. Default none.
   */
  readonly onError?: (error: unknown, where: string) => void;
}
