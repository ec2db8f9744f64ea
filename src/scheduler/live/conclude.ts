import type { CompleteRequest, Settlement } from '../../model/index.js';
import type { Execution } from './execution.js';
import type { Job } from './job.js';
import type { Jobs } from './jobs.js';
import type { Ledger } from './ledger.js';
import type { RequestOutcome } from './outcome.js';
import type { Telemetry } from './telemetry.js';

/** What the end of a request takes. */
export interface ConcludeContext<Payload, Artifact> {
  readonly jobs: Jobs<Payload, Artifact>;
  readonly execution: Execution<Payload, Artifact>;
  readonly ledger: Ledger | undefined;
  readonly deliver: ((artifact: Artifact, request: CompleteRequest) => void | Promise<void>) | undefined;
  readonly telemetry: Telemetry;
  readonly onError: (error: unknown, where: string) => void;
}

/** Ends requests, each once. */
export type Conclude<Payload, Artifact> = (job: Job<Payload, Artifact>, settlement: Settlement, atMs: number) => void;

/**
 * Ends requests in this order: the backend drops the state, the artifact is delivered, the end is written down, the client is told.
 * So whoever was told does not see the request run again after a crash.
 */
export function createConclude<Payload, Artifact>({
  jobs,
  execution,
  ledger,
  deliver,
  telemetry,
  onError,
}: ConcludeContext<Payload, Artifact>): Conclude<Payload, Artifact> {
  const concluding = new WeakSet<Job<Payload, Artifact>>();

  const outcomeOf = async (
    job: Job<Payload, Artifact>,
    artifact: { readonly value: Artifact } | null,
    settlement: Settlement,
    atMs: number,
  ): Promise<RequestOutcome<Artifact>> => {
    if (job.override !== null) return { status: 'failed', ...job.override };
    if (settlement.status !== 'completed') return settlement;
    // The core completes only what was decoded.
    const { value } = artifact as { readonly value: Artifact };
    if (deliver !== undefined) {
      try {
        await deliver(value, job.request);
      } catch (error) {
        return { status: 'failed', reason: 'delivery-failed', detail: String(error) };
      }
    }
    const { onTime } = settlement;
    return { status: 'completed', artifact: value, onTime, latencyMs: atMs - job.request.arrivalMs };
  };

  const conclude = async (job: Job<Payload, Artifact>, settlement: Settlement, atMs: number): Promise<void> => {
    const { request, artifact } = job;
    execution.reset(job);
    const outcome = await outcomeOf(job, artifact, settlement, atMs);
    const ending: Settlement =
      outcome.status === 'completed' ? { status: 'completed', onTime: outcome.onTime } : outcome;
    telemetry.settled(request, ending, atMs);
    // Closing is no end of a request that is written down: the next process takes it up.
    if (ledger !== undefined && !(ending.status === 'failed' && ending.reason === 'closed')) {
      try {
        await ledger.settled(request.id, ending, atMs);
      } catch (error) {
        onError(error, 'journal');
      }
    }
    jobs.remove(job);
    job.progress.end();
    job.accepted.resolve(ending.status !== 'refused');
    job.outcome.resolve(outcome);
    for (const end of job.onEnd) end();
  };

  return (job, settlement, atMs) => {
    if (concluding.has(job)) return;
    concluding.add(job);
    void conclude(job, settlement, atMs);
  };
}
