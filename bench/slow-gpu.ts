import { builtinProfile, createCluster, createPolicy } from '@tetri/scheduler';
import { createSimulatedBackend } from '@tetri/scheduler/backends/simulated';
import { createScheduler } from '@tetri/scheduler/scheduler';
import { createVirtualClock, createWorkload, paperSlo, poissonArrivals, uniformMix } from '@tetri/scheduler/simulation';

const profile = builtinProfile('flux.1-dev_h100');
const shapes = ['256x256', '512x512', '1024x1024', '2048x2048'];
const seeds = [1, 2, 3];

interface Setup {
  readonly gpuCount: number;
  /** How many times as long each step takes, by GPU. */
  readonly slowdown: (gpu: number) => number;
  readonly correction: boolean;
  readonly exclusion: boolean;
}

/** Requests on time of 300, through the live scheduler on virtual time. */
async function onTime(policy: string, seed: number, { gpuCount, slowdown, ...options }: Setup): Promise<number> {
  const clock = createVirtualClock();
  const cluster = createCluster(gpuCount);
  const backend = createSimulatedBackend({ profile, cluster, clock });
  const scheduler = await createScheduler({ backend, profile, clock, policy: createPolicy(policy), ...options });
  for (const { id } of cluster.gpus) backend.faults.slowGpu(id, slowdown(id));
  const { requests } = createWorkload({
    ...{ profile, requests: 300, steps: 28, seed, arrivals: poissonArrivals(12) },
    ...{ mix: uniformMix(shapes), slo: paperSlo(1.5) },
  });
  let count = 0;
  let ended = 0;
  for (const request of requests) {
    clock.schedule(request.arrivalMs, () => {
      void scheduler.submit(request).outcome.then((outcome) => {
        ended++;
        if (outcome.status === 'completed' && outcome.onTime) count++;
      });
    });
  }
  await clock.advanceUntil(() => ended === requests.length);
  const closed = scheduler.close();
  await clock.advance(1000);
  await closed;
  return count;
}

/** What a GPU that is slower than the profile says costs, and what the scheduler does about it. */
export async function benchSlowGpu(): Promise<void> {
  const one = (gpu: number): number => (gpu === 3 ? 2 : 1);
  const setups: readonly (readonly [string, Setup])[] = [
    ['8 GPUs, all as profiled', { gpuCount: 8, slowdown: () => 1, correction: true, exclusion: true }],
    ['7 GPUs, all as profiled', { gpuCount: 7, slowdown: () => 1, correction: true, exclusion: true }],
    ['one of 8 twice as slow', { gpuCount: 8, slowdown: one, correction: true, exclusion: true }],
    ['..., correction: false', { gpuCount: 8, slowdown: one, correction: false, exclusion: true }],
    ['..., exclusion: false', { gpuCount: 8, slowdown: one, correction: true, exclusion: false }],
    ['..., both false', { gpuCount: 8, slowdown: one, correction: false, exclusion: false }],
    ['all of 8 1.3 times as slow', { gpuCount: 8, slowdown: () => 1.3, correction: true, exclusion: true }],
    ['..., correction: false', { gpuCount: 8, slowdown: () => 1.3, correction: false, exclusion: true }],
  ];
  console.log(`\non time in %, uniform mix, 12/min, SLO 1.5x, seeds ${seeds.join(', ')}\n`);
  console.log('| | horizon | tetriserve | edf |\n|---|---|---|---|');
  for (const [label, setup] of setups) {
    const shares: string[] = [];
    for (const policy of ['horizon', 'tetriserve', 'edf']) {
      let sum = 0;
      for (const seed of seeds) sum += await onTime(policy, seed, setup);
      shares.push(((100 * sum) / (300 * seeds.length)).toFixed(1));
    }
    console.log(`| ${label} | ${shares.join(' | ')} |`);
  }
}
