import type { BackendEvent } from '../../backends/index.js';
import { systemClock, type Clock } from '../../clock/index.js';
import { callable, duration, methods, optional, record, show } from '../../model/check.js';
import { TetriError } from '../../model/index.js';
import { createSchedulerCore } from '../core/scheduler-core.js';
import { parseReconnect } from './connection.js';
import { ask } from './foreign.js';
import { openLedger } from './ledger.js';
import type { SchedulerOptions } from './options.js';
import type { Scheduler } from './scheduler.js';
import { startScheduler } from './start-scheduler.js';

/**
 * Opens the journal and the backend, and starts a scheduler on its GPUs. Requests that the journal knows and that are not over go on
 * at once.
 *
 * @throws `TetriError` for bad options, what the journal throws (`journal-corrupt`, `journal-locked`, ...), and what the backend
 * rejects with. Then nothing stays open.
 */
export async function createScheduler<Payload, Artifact>(
  options: SchedulerOptions<Payload, Artifact>,
): Promise<Scheduler<Payload, Artifact>> {
  record(options, 'options');
  const { backend, journal } = options;
  const settings = {
    clock: optional(options.clock, systemClock(), checkClock),
    closeMs: duration(options.closeMs ?? 10_000, 'closeMs'),
    reconnect: parseReconnect(options.reconnect),
    onError: quietly(optional(options.onError, undefined, checkListener)),
  };
  checkBackend(backend);
  if (options.deliver !== undefined) callable(options.deliver, 'deliver');
  if (options.metrics !== undefined) methods(options.metrics, 'metrics', ['count', 'observe', 'gauges']);
  // Bad options are better known before anything is opened.
  createSchedulerCore({ gpus: [{ id: 0, domain: 0 }] }, options);

  // What is reported before everything is in place waits until it is.
  let early: BackendEvent[] | undefined = [];
  let listen: (event: BackendEvent) => void = (event) => early?.push(event);
  const ledger = journal === undefined ? undefined : await openLedger(journal, settings.onError);
  try {
    const { cluster } = await backend.open((event) => {
      listen(event);
    });
    const started = startScheduler({ ...settings, options, cluster, ledger });
    listen = started.listen;
    for (const event of early) listen(event);
    early = undefined;
    return started.scheduler;
  } catch (error) {
    await Promise.allSettled([ask(() => backend.close()), ask(() => ledger?.close())]);
    throw error;
  }
}

function checkBackend(backend: unknown): void {
  const version = record(backend, 'backend')['specificationVersion'];
  if (version !== 'v1') {
    const message = `this release speaks version v1 of the backend contract, received ${show(version)}`;
    throw new TetriError('unsupported-schema-version', message, 'backend.specificationVersion', version);
  }
  const { capabilities } = methods(backend, 'backend', ['open', 'prepare', 'run', 'finish', 'release', 'close']);
  record(capabilities, 'backend.capabilities');
}

function checkClock(clock: unknown): Clock {
  methods(clock, 'clock', ['nowMs', 'schedule']);
  return clock as Clock;
}

type ErrorListener = NonNullable<SchedulerOptions['onError']>;

function checkListener(listener: unknown): ErrorListener {
  return callable(listener, 'onError') as ErrorListener;
}

/** Whoever listens to errors and throws has had his say. */
function quietly(listener: ErrorListener | undefined): ErrorListener {
  return (error, where) => {
    try {
      listener?.(error, where);
    } catch {
      // Nobody is left to tell.
    }
  };
}
