import type { BackendEvent } from '../../backends/index.js';
import type { Clock } from '../../clock/index.js';
import { parseCluster, parseRequest, TetriError, type Cluster, type CompleteRequest } from '../../model/index.js';
import { record, show } from '../../model/check.js';
import { limitBatches } from '../../profile/index.js';
import type { SchedulerEvent } from '../core/events.js';
import { createSchedulerCore } from '../core/scheduler-core.js';
import { createAlarms } from './alarms.js';
import { createCarryOut } from './carry-out.js';
import { createConclude } from './conclude.js';
import { createConnection, type ReconnectSettings } from './connection.js';
import { createExecution } from './execution.js';
import { ask, messageOf } from './foreign.js';
import { createInbox } from './inbox.js';
import { createJob, type Job } from './job.js';
import { createJobs } from './jobs.js';
import type { Ledger } from './ledger.js';
import type { SchedulerOptions } from './options.js';
import { checkPlainJson } from './plain-json.js';
import { recover } from './recover.js';
import type { Scheduler } from './scheduler.js';
import { createTelemetry } from './telemetry.js';

/** What a scheduler is started with: everything is open, and the options are checked. */
export interface Start<Payload, Artifact> {
  readonly options: SchedulerOptions<Payload, Artifact>;
  readonly cluster: Cluster;
  readonly ledger: Ledger | undefined;
  readonly clock: Clock;
  readonly closeMs: number;
  readonly reconnect: ReconnectSettings | undefined;
  readonly onError: (error: unknown, where: string) => void;
}

/** Puts the parts of a scheduler together. */
export function startScheduler<Payload, Artifact>(
  start: Start<Payload, Artifact>,
): { scheduler: Scheduler<Payload, Artifact>; listen: (event: BackendEvent) => void } {
  const { options, ledger, clock, onError } = start;
  const { backend } = options;
  const cluster = parseCluster(start.cluster, 'cluster');
  const profile = limitBatches(options.profile, backend.capabilities.maxBatchSize);
  let plans = 0;
  const core = createSchedulerCore(cluster, {
    ...options,
    profile,
    onPlan: (input, plan) => {
      plans++;
      options.onPlan?.(input, plan);
    },
  });

  const jobs = createJobs<Payload, Artifact>();
  const status = (): ReturnType<typeof core.status> => core.status(clock.nowMs());
  const telemetry = createTelemetry(options.metrics, profile, status, (error) => {
    onError(error, 'metrics');
  });
  const inbox = createInbox(
    core,
    clock,
    (turn) => {
      const isFailed = turn.commands.some(({ type }) => type === 'plan-failed');
      if (plans > 0 || isFailed) telemetry.planned(isFailed ? 'failed' : 'ok', turn.durationMs);
      plans = 0;
      carryOut(turn);
    },
    onError,
  );
  const { post } = inbox;
  const gpuIds = new Set(cluster.gpus.map(({ id }) => id));
  const connection = createConnection(backend, clock, gpuIds, start.reconnect, post, onError);
  const execution = createExecution({
    ...{ backend, clock, post, connection, onError },
    jobs: jobs.byId,
  });
  const alarms = createAlarms(clock, () => {
    post({ type: 'time', atMs: clock.nowMs() });
  });
  const { deliver } = options;
  const conclude = createConclude({ jobs, execution, ledger, deliver, telemetry, onError });

  const cancel = (job: Job<Payload, Artifact>): void => {
    const { id } = job.request;
    // Its id may be that of another request by now.
    if (jobs.byId.get(id) === job) post({ type: 'cancel', atMs: clock.nowMs(), requestId: id });
  };

  /** It is accepted: written down first, where there is a journal. */
  const onAccepted = (job: Job<Payload, Artifact>): void => {
    if (ledger === undefined || job.isRecovered) {
      job.accepted.resolve(true);
      return;
    }
    job.written = ledger.submitted(job.request, job.payload, clock.nowMs()).then(
      () => {
        job.accepted.resolve(true);
      },
      (error: unknown) => {
        onError(error, 'journal');
        job.override = { reason: 'journal-failed', detail: messageOf(error) };
        cancel(job);
      },
    );
  };
  const carryOut = createCarryOut({
    ...{ clock, jobs, execution, alarms, ledger, telemetry, conclude, onAccepted, onError },
  });

  let isClosed = false;
  const take = (
    request: CompleteRequest,
    payload: Payload,
    crashes?: number,
  ): { readonly job: Job<Payload, Artifact>; readonly event: SchedulerEvent } => {
    const isRecovered = crashes !== undefined;
    const known = isRecovered ? { accepted: true, crashes } : {};
    const event: SchedulerEvent = { type: 'submit', atMs: clock.nowMs(), request, ...known };
    if (jobs.byId.has(request.id)) {
      throw new TetriError(
        'duplicate-request',
        `request ${show(request.id)} is alive already`,
        'request.id',
        request.id,
      );
    }
    // Once it is closed, what the core still knows counts no more: whoever comes is refused.
    if (!isClosed) core.check(event);
    return { job: createJob<Payload, Artifact>(request, payload, isRecovered, cancel), event };
  };

  const withArrival = (value: unknown): CompleteRequest => {
    const nowMs = clock.nowMs();
    const { arrivalMs = nowMs, ...rest } = record(value, 'request');
    const request = parseRequest({ ...rest, arrivalMs }, 'request');
    // It is here, whatever its client's clock says.
    return { ...request, arrivalMs: Math.min(request.arrivalMs, nowMs) };
  };

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    post({ type: 'close', atMs: clock.nowMs(), reason: 'closed', detail: 'the scheduler was closed' });
    await jobsEnd(clock, start.closeMs, jobs.whenEmpty());
    connection.end();
    // Who came in this moment is refused as everybody before.
    inbox.flush();
    inbox.close();
    isClosed = true;
    telemetry.close();
    alarms.clear();
    const detail = 'the scheduler was closed before it was done';
    for (const job of [...jobs.byId.values()]) {
      conclude(job, { status: 'failed', reason: 'closed', detail }, clock.nowMs());
    }
    const failed = (where: string) => (error: unknown) => {
      onError(error, where);
    };
    await Promise.all([
      ask(() =>
        within(
          clock,
          start.closeMs,
          ask(() => backend.close()),
        ),
      ).catch(failed('close')),
      ask(() => ledger?.close()).catch(failed('journal')),
    ]);
  };

  const scheduler: Scheduler<Payload, Artifact> = {
    cluster,
    recovered: recover(ledger, take, { jobs, post, conclude, telemetry, clock }),
    nowMs: () => clock.nowMs(),
    submit(value, { payload, signal } = {}) {
      const request = withArrival(value);
      if (ledger !== undefined && payload !== undefined) checkPlainJson(payload, 'payload');
      const { job, event } = take(request, payload as Payload);
      const abort = (): void => {
        cancel(job);
      };
      // First, so that what is no signal leaves nothing behind.
      signal?.addEventListener('abort', abort, { once: true });
      job.onEnd.push(() => signal?.removeEventListener('abort', abort));
      jobs.add(job);
      telemetry.submitted(request);
      if (isClosed) {
        const detail = 'the scheduler is closed';
        conclude(job, { status: 'refused', reason: 'draining', detail }, clock.nowMs());
        return job.handle;
      }
      post(event);
      if (signal?.aborted === true) abort();
      return job.handle;
    },
    quote(value) {
      inbox.flush();
      return core.quote(withArrival(value), clock.nowMs());
    },
    status() {
      inbox.flush();
      return status();
    },
    async drain() {
      post({ type: 'drain', atMs: clock.nowMs() });
      await jobs.whenEmpty();
    },
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  };
  return { scheduler, listen: connection.listen };
}

/** What a promise says, unless that takes too long. */
function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(clock.nowMs() + ms, () => {
      reject(new Error(`the backend did not close within ${ms} ms`));
    });
    promise.then(resolve, reject).finally(cancel);
  });
}

/** Until all requests have ended, or the time is up. */
function jobsEnd(clock: Clock, withinMs: number, empty: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(clock.nowMs() + withinMs, resolve);
    void empty.then(() => {
      cancel();
      resolve();
    });
  });
}
