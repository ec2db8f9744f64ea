import type { Clock } from '../../clock/index.js';
import { TetriError, type CompleteRequest } from '../../model/index.js';
import type { SchedulerEvent } from '../core/events.js';
import type { Conclude } from './conclude.js';
import { messageOf } from './foreign.js';
import type { RequestHandle } from './handle.js';
import { createJob, type Job } from './job.js';
import type { Jobs } from './jobs.js';
import type { Ledger } from './ledger.js';

/**
 * Takes up what earlier processes accepted and did not finish. A request that was running too often when a process died, and one
 * that this scheduler cannot serve, fail at once.
 *
 * @param take - makes a job of a request; throws if it cannot be served
 */
export function recover<Payload, Artifact>(
  ledger: Ledger | undefined,
  maxCrashes: number,
  take: (
    request: CompleteRequest,
    payload: Payload,
    isRecovered: true,
  ) => { readonly job: Job<Payload, Artifact>; readonly event: SchedulerEvent },
  {
    jobs,
    post,
    conclude,
    clock,
  }: {
    readonly jobs: Jobs<Payload, Artifact>;
    readonly post: (event: SchedulerEvent) => void;
    readonly conclude: Conclude<Payload, Artifact>;
    readonly clock: Clock;
  },
): readonly RequestHandle<Artifact>[] {
  return (ledger?.open ?? []).map(({ request, payload, crashes }) => {
    try {
      if (crashes >= maxCrashes)
        throw new TetriError('request-failed', `the process died ${crashes} times while it ran`);
      const { job, event } = take(request, payload as Payload, true);
      jobs.add(job);
      post(event);
      return job.handle;
    } catch (error) {
      const job = createJob<Payload, Artifact>(request, payload as Payload, true, () => undefined);
      jobs.add(job);
      const reason = crashes >= maxCrashes ? 'crashed' : 'unservable';
      conclude(job, { status: 'failed', reason, detail: messageOf(error) }, clock.nowMs());
      return job.handle;
    }
  });
}
