import type { Clock } from '../../clock/index.js';
import type { CompleteRequest } from '../../model/index.js';
import type { SchedulerEvent } from '../core/events.js';
import type { Conclude } from './conclude.js';
import { messageOf } from './foreign.js';
import type { RequestHandle } from './handle.js';
import { createJob, type Job } from './job.js';
import type { Jobs } from './jobs.js';
import type { Ledger } from './ledger.js';
import type { Telemetry } from './telemetry.js';

/**
 * Takes up what earlier processes accepted and did not finish. A request that this scheduler cannot serve fails at once.
 *
 * @param take - makes a job of a request; throws if it cannot be served
 */
export function recover<Payload, Artifact>(
  ledger: Ledger | undefined,
  take: (
    request: CompleteRequest,
    payload: Payload,
    crashes: number,
  ) => { readonly job: Job<Payload, Artifact>; readonly event: SchedulerEvent },
  {
    jobs,
    post,
    conclude,
    telemetry,
    clock,
  }: {
    readonly jobs: Jobs<Payload, Artifact>;
    readonly post: (event: SchedulerEvent) => void;
    readonly conclude: Conclude<Payload, Artifact>;
    readonly telemetry: Pick<Telemetry, 'submitted'>;
    readonly clock: Clock;
  },
): readonly RequestHandle<Artifact>[] {
  return (ledger?.open ?? []).map(({ request, payload, crashes }) => {
    try {
      const { job, event } = take(request, payload as Payload, crashes);
      jobs.add(job);
      telemetry.submitted(request);
      post(event);
      return job.handle;
    } catch (error) {
      const job = createJob<Payload, Artifact>(request, payload as Payload, true, () => undefined);
      jobs.add(job);
      telemetry.submitted(request);
      conclude(job, { status: 'failed', reason: 'unservable', detail: messageOf(error) }, clock.nowMs());
      return job.handle;
    }
  });
}
