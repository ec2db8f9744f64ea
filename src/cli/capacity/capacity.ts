import { gpuCountsUpTo, offeredGpus } from '../../simulation/index.js';
import { capacityChart, titled } from '../../report/evaluation/index.js';
import type { Profile } from '../../profile/index.js';
import type { CliIo } from '../cli-io.js';
import { loadDrawChart, type DrawChart } from '../draw-chart.js';
import { checkWritable, writeText } from '../files.js';
import { InputError } from '../input-error.js';
import { createProgress } from '../progress.js';
import { readPolicies } from '../read-policies.js';
import { readProfileText } from '../read-profile.js';
import { drawWorkload, readTrace, type Workload } from '../simulate/workload.js';
import { capacityTable } from './capacity-table.js';
import type { CapacityFlags } from './flags.js';
import { searchFor, type PolicyCapacity } from './search.js';
import { terminalChart } from './terminal-chart.js';
import { createTrialRunner } from './trial-runner.js';

/** Of GPU time that there is, what a scheduler can put to use before deadlines suffer: where the search begins, no more than that. */
const expectedLoad = 0.8;
/** The exit code if no policy reaches the target. */
const outOfReach = 3;

/** Searches for every policy, and tells what was found. Returns the exit code. */
export async function capacity(flags: CapacityFlags, jobs: number, io: CliIo): Promise<number> {
  const { target, domainSize, chart: chartFile, json = false } = flags;
  const policies = readPolicies(flags.policy ?? ['horizon']).map(({ name }) => name);
  const { profile, text: profileText } = readProfileText(flags.profile);
  const gpuCounts = flags.gpus ?? gpuCountsUpTo(flags.maxGpus, domainSize);
  const { workloads, lines } = readWorkloads(flags, profile, Math.min(domainSize, gpuCounts.at(-1)!));
  if (workloads.some(({ trace }) => trace.requests.length === 0))
    throw new InputError('there are no requests: no number of GPUs is too small for them');
  const draw = chartFile === undefined ? undefined : await prepareChart(chartFile);

  const traces = workloads.map(({ trace }) => trace);
  const expectedGpus = Math.max(...traces.map((trace) => offeredGpus(trace, profile))) / expectedLoad;
  const runner = await createTrialRunner(jobs, profile, profileText);
  const runsAPolicy = gpuCounts.length * traces.length;
  let [done, most] = [0, runsAPolicy * policies.length];
  const progress = createProgress(io, most, !json, '{value} of at most {total} runs');
  const run: typeof runner.run = async (trial) => {
    const result = await runner.run(trial);
    progress.update(++done, most);
    return result;
  };
  let capacities: readonly PolicyCapacity[];
  try {
    capacities = await Promise.all(
      policies.map(async (policy) => {
        const found = await searchFor(policy, { target, gpuCounts, domainSize, expectedGpus, traces, run });
        most -= runsAPolicy - found.trials.length * traces.length;
        return found;
      }),
    );
  } finally {
    progress.stop();
    await runner.close();
  }

  if (json) {
    io.stdout.write(`${JSON.stringify({ target, domainSize, gpuCounts, policies: capacities })}\n`);
  } else {
    const { model, accelerator, source } = profile;
    const head = `${model} on ${accelerator}, NVLink domains of ${domainSize}; step times are ${source.kind}`;
    const sought = `The fewest GPUs that meet ${percent(target)} of all deadlines, out of ${gpuCounts.join(', ')}:`;
    io.stdout.write(`${[head, ...lines].join('\n')}\n\n${sought}\n\n${capacityTable(capacities)}\n`);
    io.stdout.write(`${terminalChart(capacities, target)}\n`);
  }
  if (draw !== undefined && chartFile !== undefined) {
    writeText(chartFile, drawCapacities(capacities, target, draw));
    if (!json) io.stdout.write(`Wrote ${chartFile}\n`);
  }
  return capacities.some(({ gpus }) => gpus !== null) ? 0 : outOfReach;
}

/** A workload for each seed, or that of a file, and what they are. */
function readWorkloads(
  { trace: file, seeds, ...flags }: CapacityFlags,
  profile: Profile,
  largestDomain: number,
): { readonly workloads: readonly Workload[]; readonly lines: readonly string[] } {
  if (file !== undefined) {
    const workload = readTrace(file, flags, profile, largestDomain);
    return { workloads: [workload], lines: workload.lines };
  }
  const named = seeds === 1 ? 'seed 1' : `seeds 1 to ${seeds}`;
  const workloads = Array.from({ length: seeds }, (_, index) =>
    drawWorkload({ ...flags, seed: index + 1 }, profile, largestDomain, named),
  );
  return { workloads, lines: workloads[0]!.lines };
}

/** Sees that a chart can be drawn and written: nobody likes to hear that it cannot after a long search. */
async function prepareChart(file: string): Promise<DrawChart> {
  checkWritable(file);
  const draw = await loadDrawChart();
  if (draw === undefined) throw new InputError('--chart needs a package that is not installed: npm install echarts');
  return draw;
}

function drawCapacities(capacities: readonly PolicyCapacity[], target: number, draw: DrawChart): string {
  const title = 'SLO attainment by GPU count';
  const policies = capacities.map(({ policy, trials }) => ({
    name: policy,
    trials: trials.map(({ gpus, measured: { attainments } }) => ({ gpus, attainments })),
  }));
  return titled(draw(capacityChart({ title, target, policies })), title);
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(6))} %`;
}
