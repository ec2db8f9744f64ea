import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPolicy, policyNames, tetriserve, type Policy } from '../../src/policies/index.js';
import {
  parseTrace,
  simulate,
  summarize,
  validateRun,
  type Disturbance,
  type SimulateOptions,
  type SimulationRun,
} from '../../src/simulation/index.js';
import { aims, cases, disturbancesAt, isServable, profileOf, worlds, type Aim, type World } from './worlds.js';

interface Case {
  readonly world: World;
  readonly aims: readonly Aim[];
  readonly noise: SimulateOptions['noise'];
  readonly switchMs: number | undefined;
  /** Added to all times: virtual times near 0 are exact, epoch times are not. */
  readonly originMs: number;
}

const noises: fc.Arbitrary<SimulateOptions['noise']> = fc.oneof(
  fc.constant(undefined),
  fc.record({ seed: fc.nat() }),
  fc.record({ seed: fc.nat(), stepCv: fc.double({ min: 0, max: 0.2, noNaN: true }) }),
);

const allCases: fc.Arbitrary<Case> = fc.record({
  world: worlds(),
  aims,
  noise: noises,
  switchMs: fc.constantFrom(undefined, 0, 7.5),
  originMs: fc.constantFrom(0, 0, 1_790_000_000_000.25),
});

function undisturbed({ world, noise, switchMs, originMs }: Case, policy: Policy): SimulateOptions {
  const requests = world.requests.map((request) => ({
    ...request,
    arrivalMs: originMs + request.arrivalMs,
    deadlineMs: originMs + request.deadlineMs,
  }));
  return {
    profile: profileOf(...world.shapes),
    cluster: world.cluster,
    policy,
    // What the policy does by itself.
    scheduler: { starvationMs: Infinity },
    trace: { schemaVersion: 1, requests },
    ...(noise === undefined ? {} : { noise }),
    ...(switchMs === undefined ? {} : { switchMs }),
  };
}

/** @param neverBackMs - see `disturbancesAt()` */
function disturbed(
  one: Case,
  policy: Policy,
  neverBackMs: number | null,
): SimulateOptions & { readonly disturbances: readonly Disturbance[] } {
  const options = undisturbed(one, policy);
  return { ...options, disturbances: disturbancesAt(simulate(options).log, one.aims, neverBackMs) };
}

/** What every run keeps, whatever happens in it. `simulate()` itself checks each plan. */
function expectSound(options: SimulateOptions): SimulationRun {
  const { profile, cluster, noise } = options;
  const trace = parseTrace(options.trace);
  const run = simulate(options);
  const verdict = validateRun(run.log, trace, profile, {
    cluster,
    records: run.records,
    stepNoise: noise === undefined ? 0 : (noise.stepCv ?? 'profile'),
  });
  expect(verdict.violations).toEqual([]);
  expect(run.records.map(({ requestId }) => requestId)).toEqual(trace.requests.map(({ id }) => id));
  const summary = summarize(run, trace, cluster);
  expect(summary.onTime).toBe(verdict.onTime);
  expect(summary.sloAttainment).toBe(verdict.sloAttainment);
  expect(summary.gpuUtilization).toBeGreaterThanOrEqual(0);
  expect(summary.gpuUtilization).toBeLessThanOrEqual(1 + 1e-9);
  return run;
}

/** When each GPU was lost, in order; the last time may have no end. */
function lossesOf(disturbances: readonly Disturbance[]): { gpu: number; fromMs: number; toMs: number }[] {
  const losses: { gpu: number; fromMs: number; toMs: number }[] = [];
  const inOrder = disturbances.map((disturbance, index) => ({ disturbance, index }));
  inOrder.sort((a, b) => a.disturbance.atMs - b.disturbance.atMs || a.index - b.index);
  for (const { disturbance } of inOrder) {
    if (disturbance.type === 'cancel') continue;
    const { gpu, atMs } = disturbance;
    const open = losses.find((loss) => loss.gpu === gpu && loss.toMs === Infinity);
    if (disturbance.type === 'gpu-back' && open !== undefined) open.toMs = atMs;
    if (disturbance.type === 'gpu-lost' && open === undefined) losses.push({ gpu, fromMs: atMs, toMs: Infinity });
  }
  return losses;
}

function expectLostGpusUnused({ log }: SimulationRun, disturbances: readonly Disturbance[]): void {
  for (const { gpu, fromMs, toMs } of lossesOf(disturbances)) {
    const used = log.filter(
      (chunk) => chunk.gpus.includes(gpu) && chunk.endMs > fromMs + 1e-3 && chunk.startMs < toMs - 1e-3,
    );
    expect(used, `GPU ${gpu} is lost from ${fromMs} to ${toMs}`).toEqual([]);
  }
}

const policies: readonly [string, () => Policy][] = [
  ...policyNames.map((name): [string, () => Policy] => [name, () => createPolicy(name)]),
  ['tetriserve in short rounds', () => tetriserve({ roundMs: 17 })],
  [
    'tetriserve without its extras',
    () => tetriserve({ stepGranularity: 2, placement: false, scaleUp: false, batching: false, queueingRounds: 0 }),
  ],
];

describe.each(policies)('%s', { timeout: 60_000 }, (_, create) => {
  const policy = create();

  it('serves every request that can be served', () => {
    fc.assert(
      fc.property(allCases, (one) => {
        const options = undisturbed(one, policy);
        const { profile, cluster } = options;
        const { requests } = one.world;
        const run = expectSound(options);
        const shapes = new Map(requests.map(({ id, shape }) => [id, shape]));
        for (const { requestId, status } of run.records) {
          const servable = isServable(profile, cluster.gpus, policy, shapes.get(requestId)!);
          expect(status, `of ${requestId}`).toBe(servable ? 'completed' : 'unfinished');
        }
      }),
      cases(40),
    );
  });

  it('gets over cancellations, and over losses that are made good', () => {
    fc.assert(
      fc.property(allCases, (one) => {
        const options = disturbed(one, policy, 500);
        const run = expectSound(options);
        expectLostGpusUnused(run, options.disturbances);
        const { profile, cluster } = options;
        const { requests } = one.world;
        const cancelled = new Set(options.disturbances.map((each) => (each.type === 'cancel' ? each.requestId : '')));
        for (const { id, shape } of requests) {
          const { status } = run.records.find(({ requestId }) => requestId === id)!;
          const ends = isServable(profile, cluster.gpus, policy, shape);
          const ways = [ends ? 'completed' : 'unfinished', ...(cancelled.has(id) ? ['cancelled'] : [])];
          expect(ways, `of ${id}`).toContain(status);
        }
      }),
      cases(40),
    );
  });

  it('stays sound when GPUs are lost for good', () => {
    fc.assert(
      fc.property(allCases, (one) => {
        const options = disturbed(one, policy, null);
        const run = expectSound(options);
        expectLostGpusUnused(run, options.disturbances);
        const lost = new Set(lossesOf(options.disturbances).flatMap(({ gpu, toMs }) => (toMs === Infinity ? gpu : [])));
        const { profile, cluster } = options;
        const { requests } = one.world;
        const gpus = cluster.gpus.filter(({ id }) => !lost.has(id));
        for (const { id, shape } of requests) {
          const { status } = run.records.find(({ requestId }) => requestId === id)!;
          if (isServable(profile, gpus, policy, shape)) expect(status, `of ${id}`).not.toBe('unfinished');
        }
      }),
      cases(40),
    );
  });

  it('gives the same run for the same options, in whatever order the trace and the cluster come', () => {
    fc.assert(
      fc.property(
        allCases.chain((one) => {
          const { requests, cluster } = one.world;
          return fc.tuple(
            fc.constant(one),
            fc.shuffledSubarray([...requests], { minLength: requests.length }),
            fc.shuffledSubarray([...cluster.gpus], { minLength: cluster.gpus.length }),
          );
        }),
        ([one, requests, gpus]) => {
          const options = disturbed(one, policy, null);
          const shuffled = undisturbed({ ...one, world: { ...one.world, requests, cluster: { gpus } } }, policy);
          expect(simulate({ ...shuffled, disturbances: options.disturbances })).toEqual(simulate(options));
        },
      ),
      cases(12),
    );
  });
});

it('replays large noise without going back in time', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(worlds({ maxCv: 0.99 }), fc.nat(), fc.constantFrom(...policyNames), (world, seed, name) => {
      expectSound({
        profile: profileOf(...world.shapes),
        cluster: world.cluster,
        policy: createPolicy(name),
        trace: { schemaVersion: 1, requests: world.requests },
        noise: { seed },
      });
    }),
    cases(100),
  );
});
