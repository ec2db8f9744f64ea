import type { BackendEvent } from '../../backends/index.js';
import { systemClock } from '../../clock/index.js';
import { duration, record, show, whole } from '../../model/check.js';
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
    clock: options.clock ?? systemClock(),
    maxCrashes: whole(options.maxCrashes ?? 5, 'maxCrashes', 1),
    closeMs: duration(options.closeMs ?? 10_000, 'closeMs'),
    reconnect: parseReconnect(options.reconnect),
    onError: quietly(options.onError),
  };
  checkVersion(backend);
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

function checkVersion(backend: unknown): void {
  const version = record(backend, 'backend')['specificationVersion'];
  if (version === 'v1') return;
  const message = `this release speaks version v1 of the backend contract, received ${show(version)}`;
  throw new TetriError('unsupported-schema-version', message, 'backend.specificationVersion', version);
}

/** Whoever listens to errors and throws has had his say. */
function quietly(
  listener: ((error: unknown, where: string) => void) | undefined,
): (error: unknown, where: string) => void {
  return (error, where) => {
    try {
      listener?.(error, where);
    } catch {
      // Nobody is left to tell.
    }
  };
}
