import { createCluster, createPolicy, validatePlan } from '@tetri/scheduler';
import { createSimulatedBackend } from '@tetri/scheduler/backends/simulated';
import { createScheduler, memoryMetrics } from '@tetri/scheduler/scheduler';
import { createVirtualClock } from '@tetri/scheduler/simulation';
import { randomNormal } from 'd3-random';
import { randomStreams } from '../../../src/simulation/random.js';
import { observeBackend } from '../../../test/scheduler/live-model/observer/observed-backend.js';
import { isPoisonous } from '../../../test/scheduler/live-model/payload.js';
import { createClients, steps } from './clients.js';
import { usedHeap } from './heap.js';
import { startMischief } from './mischief.js';
import { leastGpuMs, shapes, soakProfile } from './profile.js';
import { createTally, type Tally } from './tally.js';

/** What is run. */
export interface SoakOptions {
  readonly policy: string;
  readonly requests: number;
  readonly seed: number;
  /** GPU time that is asked for, over GPU time that there is. */
  readonly load: number;
  /** Between two faults, in the mean, in ms of virtual time; `Infinity` for none. */
  readonly faultEveryMs: number;
  /** Told how far it is, every few seconds. */
  readonly onProgress: (line: string) => void;
}

/** What came of it. */
export interface SoakReport {
  readonly tally: Tally;
  /** Everything that must not be. */
  readonly violations: readonly string[];
  /** Bytes in use when half of the requests had ended, when all had, and when the scheduler was closed. */
  readonly heap: { readonly half: number; readonly end: number; readonly closed: number };
  readonly seconds: number;
  readonly virtualSeconds: number;
}

const gpuCount = 8;
const maxRequests = 48;
/** Shown of each kind of violation; all are counted. */
const maxShown = 20;
const progressMs = 3000;

/** Heaps requests on a scheduler while everything goes wrong on its backend, then lets it come to rest. */
export async function runSoak({
  policy,
  requests,
  seed,
  load,
  faultEveryMs,
  onProgress,
}: SoakOptions): Promise<SoakReport> {
  const random = randomStreams(seed);
  const profile = soakProfile();
  const cluster = createCluster(gpuCount, 4);
  const clock = createVirtualClock();
  const tally = createTally();
  const violations: string[] = [];
  const violate = (what: string): void => {
    tally.add('violations');
    if (violations.length < maxShown) violations.push(`at ${clock.nowMs().toFixed(1)}: ${what}`);
  };
  const inner = createSimulatedBackend({
    ...{ profile, cluster, clock, isPoisonous },
    noise: { deviate: randomNormal.source(random('noise'))() },
  });
  const backend = observeBackend(inner, {
    ...{ cluster, profile, clock, violate },
    asked: (id) => clients.alive.get(id),
  });
  const clients = createClients({ random: random('clients'), clock, backend, tally, violate });
  const metrics = memoryMetrics();
  let plans = 0;
  const scheduler = await createScheduler({
    ...{ backend, clock, profile, metrics, policy: createPolicy(policy) },
    limits: { requests: maxRequests },
    whenFull: 'displace',
    onPlan: (input, plan) => {
      // Checking takes as long as planning.
      if (plans++ % 10 === 0) for (const each of validatePlan(input, plan)) violate(JSON.stringify(each));
    },
    onError: (error, where) => {
      if (where === 'reconnect') tally.add('tries to reconnect that failed');
      else violate(`${where}: ${String(error)}`);
    },
  });
  const gpus = cluster.gpus.map(({ id }) => id);
  const mischief = startMischief({
    ...{ random: random('mischief'), clock, inner, backend, gpus, tally },
    everyMs: faultEveryMs,
  });

  const meanGpuMs =
    shapes.reduce((sum, shape) => sum + leastGpuMs(profile, shape, (steps.min + steps.max) / 2), 0) / shapes.length;
  const meanGapMs = meanGpuMs / (load * gpuCount);
  const arrivals = random('arrivals');
  const startMs = performance.now();
  let toldMs = startMs;
  const tellProgress = (isDue: boolean): void => {
    const nowMs = performance.now();
    if (!isDue && nowMs - toldMs < progressMs) return;
    toldMs = nowMs;
    const submitted = tally.of('submitted');
    onProgress(
      `${policy}: ${submitted} submitted, ${tally.of('settled')} ended, ${clients.alive.size} alive, ` +
        `${(clock.nowMs() / 1000).toFixed(0)} s of virtual time, ` +
        `${((1000 * submitted) / (nowMs - startMs)).toFixed(0)} requests/s, ` +
        `heap ${(process.memoryUsage().heapUsed / 1e6).toFixed(1)} MB`,
    );
  };

  const submitUpTo = async (count: number): Promise<void> => {
    while (tally.of('submitted') < count) {
      await clock.advance(-meanGapMs * Math.log(1 - arrivals()));
      clients.submit(scheduler);
      if (tally.of('submitted') % 100 === 0) scheduler.status();
      if (clients.alive.size > maxRequests + 1) violate(`${clients.alive.size} requests are alive`);
      tellProgress(false);
    }
  };
  const comeToRest = async (): Promise<void> => {
    // More than the whole backlog takes on one GPU, and time for stalls and for GPUs that were left out.
    const untilMs = clock.nowMs() + maxRequests * 60_000;
    while (clients.alive.size > 0 && clock.nowMs() < untilMs) {
      await clock.advance(1000);
      tellProgress(false);
    }
    if (clients.alive.size === 0) return;
    violate(`${clients.alive.size} requests never end: ${JSON.stringify(scheduler.status())}`);
  };
  await submitUpTo(requests / 2);
  // What happens to be alive takes more memory at one time than at another.
  await comeToRest();
  const half = await usedHeap();
  await submitUpTo(requests);
  mischief.stop();
  await comeToRest();
  // A backend that died last may be about to come back.
  await clock.advance(60_000);
  const end = await usedHeap();

  for (const { id, state } of scheduler.status().gpus) {
    if (state === 'lost' || state === 'busy') violate(`GPU ${id} is ${state} in the end, and nothing is the matter`);
  }
  if (metrics.value('requests_settled') !== tally.of('settled')) violate('the metrics count other ends');
  const closing = scheduler.close();
  await clock.advance(60_000);
  await closing;
  await new Promise((resolve) => setImmediate(resolve));
  const closed = await usedHeap();
  tellProgress(true);

  if (tally.of('settled') !== requests) violate(`${requests} requests, and ${tally.of('settled')} ends`);
  if (tally.of('progress iterables') !== tally.of('progress iterables that ended')) violate('progress does not end');
  if (inner.held() !== 0) violate(`the backend holds ${inner.held()} states`);
  if (backend.states !== 0) violate(`${backend.states} states were not released`);
  if (backend.trials.size !== 0) violate(`${backend.trials.size} trials of requests that have ended`);
  if (clock.pending !== 0) violate(`${clock.pending} calls of the clock are pending`);
  const seconds = (performance.now() - startMs) / 1000;
  return { tally, violations, heap: { half, end, closed }, seconds, virtualSeconds: clock.nowMs() / 1000 };
}
