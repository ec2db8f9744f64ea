/**
 * The measurements behind the decisions in `docs/tetriserve.md`, as Markdown tables: SLO attainment in %, mean over seeds.
 *
 * Takes the names of tables to print, `--seeds N` (default 5), and `--only TEXT` for the workloads whose names contain it; prints all
 * without any.
 */
import { parseArgs } from 'node:util';
import { mean } from 'd3-array';
import {
  builtinProfile,
  createCluster,
  createPolicy,
  edf,
  horizon,
  policyNames,
  tetriserve,
  type Policy,
} from '@tetri/scheduler';
import {
  createWorkload,
  fastestSlo,
  offlineBound,
  paperSlo,
  poissonArrivals,
  rateForLoad,
  simulate,
  type SimulateOptions,
  skewedMix,
  summarize,
  uniformMix,
  type Trace,
} from '@tetri/scheduler/simulation';
import { slowedProfile } from '../src/simulation/slowed-profile.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: 'string', default: '5' }, only: { type: 'string', default: '' } },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
const shapes = ['256x256', '512x512', '1024x1024', '2048x2048'];
const cluster = createCluster(8);
const h100 = builtinProfile('flux.1-dev_h100');
const l20 = builtinProfile('flux.1-dev_l20');

interface Workload {
  readonly label: string;
  readonly profile: typeof h100;
  trace(seed: number): Trace;
}

const mixes = { uniform: uniformMix(shapes), skewed: skewedMix(shapes) };

/** The paper's: so many requests a minute, the paper's SLOs times a scale. */
function onH100(mix: keyof typeof mixes, ratePerMin: number, scale: number): Workload {
  return {
    label: `H100 ${mix} ${ratePerMin}/min, SLO ${scale.toFixed(1)}x`,
    profile: h100,
    trace: (seed) =>
      createWorkload({
        profile: h100,
        requests: 300,
        steps: 28,
        seed,
        arrivals: poissonArrivals(ratePerMin),
        mix: mixes[mix],
        slo: paperSlo(scale),
      }),
  };
}

/** A slower accelerator, loaded by GPU time; deadlines are multiples of the fastest latency. */
function onL20(mix: keyof typeof mixes, load: number, factor: number): Workload {
  const arrivals = poissonArrivals(rateForLoad({ load, gpus: 8, profile: l20, mix: mixes[mix], steps: 28 }));
  const slo = fastestSlo(factor);
  return {
    label: `L20 ${mix} load ${load}, SLO ${factor} x fastest`,
    profile: l20,
    trace: (seed) => createWorkload({ profile: l20, requests: 300, steps: 28, seed, arrivals, mix: mixes[mix], slo }),
  };
}

const both = ['uniform', 'skewed'] as const;
const paper = both.flatMap((mix) => [12, 24].flatMap((rate) => [1, 1.5].map((scale) => onH100(mix, rate, scale))));
const varied = [
  ...paper,
  ...both.flatMap((mix) =>
    (
      [
        [0.3, 1.5],
        [0.3, 3],
        [0.6, 2],
        [0.9, 2],
      ] as const
    ).map(([load, factor]) => onL20(mix, load, factor)),
  ),
];

/** Every mix with every load and every SLO of both profiles. */
const grid = [
  ...both.flatMap((mix) => [12, 18, 24].flatMap((rate) => [1, 1.2, 1.5].map((scale) => onH100(mix, rate, scale)))),
  ...both.flatMap((mix) => [0.3, 0.6, 0.9].flatMap((load) => [1.5, 2, 3].map((factor) => onL20(mix, load, factor)))),
];

type Scheduler = NonNullable<SimulateOptions['scheduler']>;

/** What steps really do: how much they vary, how much longer they take than measured, and whether the scheduler knows that. */
interface Reality {
  readonly stepCv?: number;
  readonly slower?: number;
  readonly isKnown?: boolean;
}

/** A policy under a heading, with how the scheduler treats requests, and what steps do. */
type Column = readonly [name: string, policy: Policy, scheduler?: Scheduler, reality?: Reality];

function attainment(
  workload: Workload,
  [, policy, scheduler = {}, { stepCv = 0, slower = 1, isKnown = false } = {}]: Column,
): number {
  const shares = seeds.map((seed) => {
    const trace = workload.trace(seed);
    const executedProfile = slowedProfile(workload.profile, slower);
    const profile = isKnown ? executedProfile : workload.profile;
    const options = { trace, profile, executedProfile, cluster, policy, scheduler, noise: { seed, stepCv } };
    return summarize(simulate(options), trace, cluster).sloAttainment;
  });
  return 100 * mean(shares)!;
}

function print(title: string, all: readonly Workload[], columns: readonly Column[]): void {
  const workloads = all.filter(({ label }) => label.includes(values.only));
  console.log(`\n### ${title}\n\n| workload | ${columns.map(([name]) => name).join(' | ')} |`);
  console.log(`|---|${columns.map(() => '---|').join('')}`);
  const sums = columns.map(() => 0);
  for (const workload of workloads) {
    const cells = columns.map((column, index) => {
      const share = attainment(workload, column);
      sums[index]! += share / workloads.length;
      return share.toFixed(1);
    });
    console.log(`| ${workload.label} | ${cells.join(' | ')} |`);
  }
  console.log(`| mean | ${sums.map((sum) => sum.toFixed(1)).join(' | ')} |`);
}

const tables: Record<string, () => void | Promise<void>> = {
  bound: async () => {
    console.log('\n### What no scheduler can exceed\n\n| workload | bound |\n|---|---|');
    for (const workload of grid.filter(({ label }) => label.includes(values.only))) {
      const shares: number[] = [];
      for (const seed of seeds) {
        shares.push((await offlineBound(workload.trace(seed), workload.profile, cluster)).sloAttainment);
      }
      console.log(`| ${workload.label} | ${(100 * mean(shares)!).toFixed(1)} |`);
    }
  },
  policies: () =>
    print(
      'Policies',
      varied,
      policyNames.map((name) => [name, createPolicy(name)]),
    ),
  horizon: () =>
    print(
      'Horizon and the others',
      grid,
      ['fixed-1', 'fixed-2', 'fixed-4', 'fixed-8', 'per-shape', 'edf', 'srpt', 'tetriserve', 'horizon'].map(
        (name) => [name, createPolicy(name)] as const,
      ),
    ),
  noise: () =>
    print(
      'Steps that vary by 5 %',
      varied,
      [tetriserve(), horizon(), horizon({ marginSteps: 0 }), horizon({ marginSteps: 0.3 })].flatMap((policy, index) =>
        [0, 0.05].map((stepCv): Column => [
          `${policy.name} ${'abc'.charAt(index - 1)} ${stepCv}`,
          policy,
          {},
          { stepCv },
        ]),
      ),
    ),
  wrong: () =>
    print(
      'Steps that take 10 % longer than the profile says, corrected by observation',
      varied,
      [tetriserve(), edf(), horizon()].flatMap((policy) => [
        [`${policy.name}, known`, policy, {}, { slower: 1.1, isKnown: true }] as Column,
        [`${policy.name}, unknown`, policy, {}, { slower: 1.1 }] as Column,
      ]),
    ),
  budget: () =>
    print(
      'Forecasts a plan at most',
      grid,
      [1, 4, 8, 1000].map((maxForecasts) => [`${maxForecasts}`, horizon({ maxForecasts })]),
    ),
  ablation: () =>
    print('Ablation', paper, [
      ['packing only', tetriserve({ placement: false, scaleUp: false, batching: false })],
      ['+ placement', tetriserve({ scaleUp: false, batching: false })],
      ['+ scale-up', tetriserve({ batching: false })],
    ]),
  granularity: () =>
    print(
      'Step granularity',
      varied,
      [1, 2, 3, 5, 8, 10].map((stepGranularity) => [`${stepGranularity}`, tetriserve({ stepGranularity })]),
    ),
  lengths: () => {
    const lengthsMs = { H100: [50, 100, 200, 300, 464, 580, 1160], L20: [460, 860, 1290, 1620, 2560, 4000, 6400] };
    for (const [name, list] of Object.entries(lengthsMs)) {
      print(
        `Rounds of fixed length in ms, ${name}`,
        varied.filter(({ label }) => label.startsWith(name)),
        [['default', tetriserve()], ...list.map((roundMs) => [`${roundMs}`, tetriserve({ roundMs })] as const)],
      );
    }
  },
  queueing: () =>
    print(
      'Queueing delay in rounds',
      varied,
      [0, 0.25, 0.5, 1, 1.5, 2].map((queueingRounds) => [`${queueingRounds}`, tetriserve({ queueingRounds })]),
    ),
  starvation: () => {
    const limitsMs = [Infinity, 300_000, 60_000, 10_000];
    for (const policy of [horizon(), tetriserve(), edf()]) {
      print(
        `Starvation limit in ms, ${policy.name}`,
        varied,
        limitsMs.map((starvationMs) => [`${starvationMs}`, policy, { starvationMs }] as const),
      );
    }
  },
};

for (const name of positionals.length > 0 ? positionals : Object.keys(tables)) {
  const table = tables[name];
  if (table === undefined) throw new Error(`no table ${name}; there are ${Object.keys(tables).join(', ')}`);
  await table();
}
