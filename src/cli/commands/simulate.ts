import type { Command } from 'commander';
import { createCluster } from '../../model/index.js';
import type { Profile } from '../../profile/index.js';
import { decimalNumber, fileName, wholeNumber } from '../arguments.js';
import type { CliIo } from '../cli-io.js';
import { policiesOption, profileOption } from '../comparison-options.js';
import { createProgress } from '../progress.js';
import { readPolicies } from '../read-policies.js';
import { readProfile } from '../read-profile.js';
import type { SimulateFlags } from '../simulate/flags.js';
import { readNoise } from '../simulate/noise.js';
import { filesOf, outputPaths, writeOutputs } from '../simulate/outputs.js';
import { runPolicy } from '../simulate/run-policy.js';
import { addWorkloadOptions, checkTraceOptions } from '../simulate/workload-options.js';
import { drawWorkload, readTrace, type Workload } from '../simulate/workload.js';
import { summaryTable } from '../summary-table.js';
import { tell } from '../tell.js';

const help = `
Examples:
  $ tetri simulate                                        the paper's default: FLUX.1-dev, 8 H100, 12 requests a minute
  $ tetri simulate --policy all --workload skewed         all policies side by side
  $ tetri simulate --gpus 16 --domain-size 8 --rate 30 --timeline run.html
  $ tetri simulate --trace trace.json --policy edf,tetriserve --json
  $ tetri simulate --trace arrivals.csv --slo-scale 3     a log of arrivals: see docs/data.md for its columns`;

/** `tetri simulate`: policies side by side on one trace. */
export function addSimulateCommand(program: Command, io: CliIo, exit: (code: number) => void): void {
  const command = program
    .command('simulate')
    .description('Replay a workload on simulated GPUs under one policy or several, check the runs, and sum them up.')
    .addOption(policiesOption())
    .option(
      '--starvation-ms <x>',
      'give late requests second chances so long after their deadlines (default: never)',
      decimalNumber(0.001, 1e9),
    )
    .optionsGroup('Cluster:')
    .addOption(profileOption())
    .option('--gpus <n>', 'GPUs of the cluster', wholeNumber(1, 4096), 8)
    .option(
      '--domain-size <n>',
      'GPUs of an NVLink domain, which no request runs across (default: all in one)',
      wholeNumber(1, 4096),
    )
    .option('--switch-ms <x>', 'cost of a change of degree or GPUs, in ms', decimalNumber(0, 60_000), 2)
    .option('--noise [cv]', "vary step times (default cv: the profile's, or 0.007)", decimalNumber(0, 0.2));
  addWorkloadOptions(command)
    .option(
      '--seed <n>',
      'of workload and noise: the same seed draws the same',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
      1,
    )
    .optionsGroup('Output:')
    .option(
      '--timeline <file>',
      'write a timeline as an HTML page that needs no network; with several policies one file each',
      fileName,
    )
    .option('--chrome-trace <file>', 'write a timeline for ui.perfetto.dev or chrome://tracing, likewise', fileName)
    .option('--log <file>', 'write the run log: NDJSON, one chunk a line, likewise', fileName)
    .option('--json', 'print the summaries as JSON')
    .addHelpText('after', help)
    .action((flags: SimulateFlags) => {
      checkTraceOptions(command);
      exit(simulateAll(flags, io));
    });
}

function simulateAll(flags: SimulateFlags, io: CliIo): number {
  const { gpus, domainSize, seed, switchMs, starvationMs, json = false } = flags;
  const policies = readPolicies(flags.policy ?? ['horizon']);
  const { profile, stepNoise, noise, line: noiseLine } = readNoise(flags.noise, readProfile(flags.profile), seed);
  const cluster = createCluster(gpus, domainSize);
  const { trace, lines } = readWorkload(flags, profile);
  const paths = outputPaths(
    flags,
    policies.map(({ name }) => name),
  );
  const setup = {
    ...{ trace, profile, cluster, stepNoise, switchMs },
    ...(noise && { noise }),
    ...(starvationMs !== undefined && { scheduler: { starvationMs } }),
  };

  const count = trace.requests.length;
  const progress = createProgress(io, count * policies.length, !json);
  const runs = [];
  try {
    for (const [index, policy] of policies.entries()) {
      const onProgress = (ended: number): void => progress.update(index * count + ended);
      const result = runPolicy(policy, setup, { clock: io.clockMs, onProgress });
      writeOutputs(paths.get(policy.name)!, result.run, setup);
      runs.push(result);
    }
  } finally {
    progress.stop();
  }

  const summaries = runs.map(({ summary }) => summary);
  if (json) {
    io.stdout.write(`${JSON.stringify({ runs: summaries })}\n`);
  } else {
    const head = [describeCluster(flags, profile), ...lines, ...(noiseLine === undefined ? [] : [noiseLine])];
    io.stdout.write(`${head.join('\n')}\n\n${summaryTable(summaries)}\n`);
    for (const { run } of runs) {
      const unfinished = run.records.filter(({ status }) => status === 'unfinished').length;
      if (unfinished > 0) io.stdout.write(`${run.policy} never ran ${unfinished} requests to their end.\n`);
    }
    for (const written of [...paths.values()].flatMap(filesOf)) io.stdout.write(`Wrote ${written}\n`);
  }
  const problems = runs.flatMap((run) => run.problems);
  for (const problem of problems) tell(io, problem);
  return problems.length === 0 ? 0 : 1;
}

function readWorkload(flags: SimulateFlags, profile: Profile): Workload {
  const { trace: file, gpus, domainSize = gpus } = flags;
  const largestDomain = Math.min(gpus, domainSize);
  return file === undefined
    ? drawWorkload(flags, profile, largestDomain)
    : readTrace(file, flags, profile, largestDomain);
}

function describeCluster({ gpus, domainSize = gpus }: SimulateFlags, { model, accelerator, source }: Profile): string {
  const domains = Math.ceil(gpus / domainSize);
  const where = domains === 1 ? 'one NVLink domain' : `${domains} NVLink domains`;
  return `${model} on ${gpus} x ${accelerator}, ${where}; step times are ${source.kind}`;
}
