/**
 * An orchestrator of your own that uses nothing but `planRound()`: its own event loop over its own (pretended) GPUs. It keeps the books of its
 * requests, asks for a plan whenever something has happened, checks the plan, and executes it. All that a plan asks of its caller is here:
 *
 * - a request is checked when it arrives, so that a bad one is refused alone instead of spoiling a plan for all;
 * - requests in mid-chunk stand in the input as `running`, and are left alone until their chunk ends;
 * - GPUs that are busy with anything else, such as decoding, say so by `busyUntilMs`;
 * - cancelled requests and lost GPUs just do not stand in the next input any more;
 * - overload is no error: who cannot make it any more is told by the outcome, and runs on what others leave.
 *
 * Yours would start chunks on workers and wait for their answers, where this one looks up when they end. If you also want retries,
 * admission, a journal and metrics, there is `createScheduler()`.
 */
import { fileURLToPath } from 'node:url';
import {
  builtinProfile,
  createCluster,
  planRound,
  TetriError,
  validatePlan,
  type GenerationRequest,
  type RequestState,
} from '@tetri/scheduler';

/** What comes from outside. */
export type Incident = { readonly atMs: number } & (
  | { readonly type: 'arrival'; readonly request: Omit<GenerationRequest, 'arrivalMs'> }
  | { readonly type: 'cancel'; readonly id: string }
  | { readonly type: 'gpu-lost'; readonly gpu: number }
);

/** How a request ended. */
export type Ending = 'on time' | 'late' | 'cancelled' | 'refused' | 'never run';

/** A request, and how far it is. */
interface Job {
  readonly request: GenerationRequest;
  stepsDone: number;
  encoded: boolean;
  lastGpus: readonly number[];
  /** What it is in: steps, or its decoding. */
  work: Work | undefined;
}

/** What a group of GPUs is doing. */
interface Work {
  readonly jobs: readonly Job[];
  readonly gpus: readonly number[];
  /** 0: it is decoding. */
  readonly steps: number;
  readonly startMs: number;
  /** When it should end. */
  readonly dueMs: number;
  /** When it does. Yours would not know. */
  readonly endMs: number;
}

const profile = builtinProfile('flux.1-dev_h100');
const cluster = createCluster(8);

/** How many times as long everything takes as the profile says. */
const slowness = 1.03;

/**
 * Serves requests until all have ended.
 *
 * @param incidents - in order of time
 * @param say - told what happens, a line at a time
 * @returns how each request ended
 */
export function serve(incidents: readonly Incident[], say: (line: string) => void): ReadonlyMap<string, Ending> {
  const outside = [...incidents];
  const jobs = new Map<string, Job>();
  const works = new Set<Work>();
  const lost = new Set<number>();
  const endings = new Map<string, Ending>();
  let nowMs = 0;

  const log = (text: string): void => say(`${nowMs.toFixed(0).padStart(5)} ms  ${text}`);

  function end(id: string, ending: Ending, why = ''): void {
    jobs.delete(id);
    endings.set(id, ending);
    log(`${id}: ${ending}${why}`);
  }

  function start(group: Omit<Work, 'startMs' | 'endMs'>): void {
    const work = { ...group, startMs: nowMs, endMs: nowMs + (group.dueMs - nowMs) * slowness };
    works.add(work);
    for (const job of work.jobs) job.work = work;
  }

  /** When a GPU is free, as far as one can know: what should have ended by now is taken to end in a moment. */
  function busyUntilMs(gpu: number): number {
    const own = [...works].filter(({ gpus }) => gpus.includes(gpu));
    return Math.max(nowMs, ...own.map(({ dueMs }) => Math.max(dueMs, nowMs + 1)));
  }

  function stateOf({ request, stepsDone, encoded, lastGpus, work }: Job): RequestState {
    const state = { ...request, stepsDone, encoded, lastGpus };
    if (work === undefined) return state;
    const { gpus, steps, startMs, dueMs } = work;
    return { ...state, running: { gpus, steps, startMs, endMs: Math.max(dueMs, nowMs + 1) } };
  }

  /** Asks who runs where from now on, and starts that. */
  function plan(): void {
    const gpus = cluster.gpus.filter(({ id }) => !lost.has(id));
    const input = {
      ...{ nowMs, profile },
      gpus: gpus.map((gpu) => ({ ...gpu, busyUntilMs: busyUntilMs(gpu.id) })),
      // What only decodes has no steps that could be planned.
      requests: [...jobs.values()].filter(({ work }) => work?.steps !== 0).map(stateOf),
    };
    const made = planRound(input);
    const [violation] = validatePlan(input, made);
    if (violation !== undefined) throw new Error(`${violation.code} at ${violation.path}: ${violation.message}`);
    for (const { requestIds, gpus: group, steps, endMs } of made.assignments) {
      start({ jobs: requestIds.map((id) => jobs.get(id)!), gpus: group, steps, dueMs: endMs });
      const { status, reason } = made.outcomes.find(({ requestId }) => requestId === requestIds[0])!;
      log(`${requestIds.join(' + ')}: ${steps} steps on GPUs ${group.join()} (${status}, ${reason})`);
    }
  }

  /** Work has ended: its requests are planned anew, or decoded, or done. */
  function endWork({ jobs: members, gpus, steps }: Work): void {
    for (const job of members) {
      const { id, shape, deadlineMs } = job.request;
      job.work = undefined;
      if (!jobs.has(id)) continue; // Cancelled meanwhile.
      if (steps === 0) {
        end(id, nowMs <= deadlineMs ? 'on time' : 'late');
        continue;
      }
      job.stepsDone += steps;
      job.encoded = true;
      job.lastGpus = gpus;
      // Decoding takes one GPU, the first of the group; the members of a batch take their turns on it.
      if (job.stepsDone === job.request.steps) {
        const dueMs = busyUntilMs(gpus[0]!) + profile.shape(shape).decodeMs;
        start({ jobs: [job], gpus: gpus.slice(0, 1), steps: 0, dueMs });
      }
    }
  }

  function takeIn(incident: Incident): void {
    switch (incident.type) {
      case 'arrival': {
        const request = { ...incident.request, arrivalMs: incident.atMs };
        if (jobs.has(request.id) || endings.has(request.id)) {
          log(`${request.id}: not taken in again`);
          break;
        }
        try {
          planRound({ nowMs, requests: [request], gpus: cluster.gpus, profile });
          jobs.set(request.id, { request, stepsDone: 0, encoded: false, lastGpus: [], work: undefined });
        } catch (error) {
          if (!TetriError.isInstance(error)) throw error;
          end(request.id, 'refused', ` (${error.code}): ${error.message}`);
        }
        break;
      }
      case 'cancel':
        // The steps that it is in go on, and hold their GPUs to the end; yours could stop them.
        if (jobs.has(incident.id)) end(incident.id, 'cancelled');
        break;
      case 'gpu-lost':
        lost.add(incident.gpu);
        log(`GPU ${incident.gpu} is lost`);
        for (const work of [...works].filter(({ gpus }) => gpus.includes(incident.gpu))) {
          works.delete(work);
          for (const job of work.jobs) {
            job.work = undefined;
            // These steps have to be done again; of one that was decoding, the last.
            job.stepsDone = Math.min(job.stepsDone, job.request.steps - 1);
          }
        }
    }
  }

  for (;;) {
    nowMs = Math.min(outside[0]?.atMs ?? Infinity, ...[...works].map(({ endMs }) => endMs));
    if (nowMs === Infinity) break;
    // What ends comes before what begins, so that one plan sees free GPUs and newcomers together.
    for (const work of [...works].filter(({ endMs }) => endMs <= nowMs)) {
      works.delete(work);
      endWork(work);
    }
    while (outside[0] !== undefined && outside[0].atMs <= nowMs) takeIn(outside.shift()!);
    plan();
  }
  // Nothing can happen any more: who is still there fits on no GPU that is left.
  for (const id of [...jobs.keys()]) end(id, 'never run');
  return endings;
}

/** What the example serves. */
export const incidents: readonly Incident[] = [
  { atMs: 0, type: 'arrival', request: { id: 'poster', shape: '2048x2048', steps: 10, deadlineMs: 4000 } },
  { atMs: 0, type: 'arrival', request: { id: 'photo', shape: '1024x1024', steps: 20, deadlineMs: 3000 } },
  { atMs: 150, type: 'arrival', request: { id: 'icon-1', shape: '256x256', steps: 20, deadlineMs: 1500 } },
  { atMs: 300, type: 'arrival', request: { id: 'mural', shape: '8192x8192', steps: 20, deadlineMs: 60_000 } },
  { atMs: 400, type: 'arrival', request: { id: 'regret', shape: '1024x1024', steps: 28, deadlineMs: 5000 } },
  { atMs: 600, type: 'gpu-lost', gpu: 6 },
  { atMs: 700, type: 'arrival', request: { id: 'icon-2', shape: '256x256', steps: 20, deadlineMs: 2000 } },
  { atMs: 800, type: 'arrival', request: { id: 'hopeless', shape: '2048x2048', steps: 14, deadlineMs: 2200 } },
  { atMs: 900, type: 'cancel', id: 'regret' },
];

// Not where it is imported by a test.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const endings = serve(incidents, (line) => console.log(line));
  for (const ending of new Set(endings.values())) {
    const ids = [...endings].flatMap(([id, own]) => (own === ending ? [id] : []));
    console.log(`${ending}: ${ids.join(', ')}`);
  }
}
