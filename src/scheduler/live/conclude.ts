import type { CompleteRequest, Settlement } from '../../model/index.js';
import type { Execution } from './execution.js';
import { messageOf } from './foreign.js';
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

/**
 * Ends requests, each once. Told a second time, as it is by closing, it waits for the delivery no longer: the request ends for its
 * client, and stays alive in the journal.
 */
export type Conclude<Payload, Artifact> = (job: Job<Payload, Artifact>, settlement: Settlement, atMs: number) => void;

/**
 * Ends requests in this order: the backend drops the state, the artifact is delivered, the end is written down, the client is told.
 * So whoever was told does not see the request run again after a crash, unless its end could not be written down: then `onError` is
 * told as well.
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
  const delivering = new WeakSet<Job<Payload, Artifact>>();
  const told = new WeakSet<Job<Payload, Artifact>>();

  const outcomeOf = async (
    job: Job<Payload, Artifact>,
    artifact: { readonly value: Artifact } | null,
    settlement: Settlement,
    atMs: number,
  ): Promise<RequestOutcome<Artifact>> => {
    // What the next process is to take up has to be there for it.
    if (settlement.status === 'failed' && settlement.reason === 'closed') await job.written;
    if (job.override !== null) return { status: 'failed', ...job.override };
    if (settlement.status !== 'completed') return settlement;
    // The core completes only what was decoded.
    const { value } = artifact as { readonly value: Artifact };
    if (deliver !== undefined) {
      delivering.add(job);
      try {
        await deliver(value, job.request);
      } catch (error) {
        return { status: 'failed', reason: 'delivery-failed', detail: messageOf(error) };
      } finally {
        delivering.delete(job);
      }
    }
    const { onTime } = settlement;
    return { status: 'completed', artifact: value, onTime, latencyMs: Math.max(0, atMs - job.request.arrivalMs) };
  };

  const tell = (job: Job<Payload, Artifact>, outcome: RequestOutcome<Artifact>): void => {
    told.add(job);
    jobs.remove(job);
    job.progress.end();
    const isUnwritten = outcome.status === 'failed' && outcome.reason === 'journal-failed';
    job.accepted.resolve(outcome.status !== 'refused' && !isUnwritten);
    job.outcome.resolve(outcome);
    for (const end of job.onEnd) end();
  };

  const conclude = async (job: Job<Payload, Artifact>, settlement: Settlement, atMs: number): Promise<void> => {
    const { request, artifact } = job;
    execution.reset(job);
    const outcome = await outcomeOf(job, artifact, settlement, atMs);
    if (told.has(job)) return;
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
    tell(job, outcome);
  };

  return (job, settlement, atMs) => {
    if (!concluding.has(job)) {
      concluding.add(job);
      void conclude(job, settlement, atMs);
    } else if (delivering.has(job) && settlement.status !== 'completed') {
      // From here on the delivery counts no more, however soon it ends.
      if (told.has(job)) return;
      told.add(job);
      // What the next process is to take up has to be there for it.
      void job.written.then(() => {
        tell(job, job.override === null ? settlement : { status: 'failed', ...job.override });
      });
    }
  };
}
