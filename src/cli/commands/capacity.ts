import { Option, type Command } from 'commander';
import { availableParallelism } from 'node:os';
import { ascendingNumbers, decimalNumber, fileName, wholeNumber } from '../arguments.js';
import { capacity } from '../capacity/capacity.js';
import type { CapacityFlags } from '../capacity/flags.js';
import type { CliIo } from '../cli-io.js';
import { policiesOption, profileOption } from '../comparison-options.js';
import { addWorkloadOptions, checkTraceOptions } from '../simulate/workload-options.js';

const help = `
The fewest GPUs are the smallest count from which on all counts that were tried
reach the target: the next smaller one was tried and does not, the next two
larger ones were tried and do. Exit code 3: not even the largest count is enough
for any of the policies.

Examples:
  $ tetri capacity --workload skewed --rate 40                        GPUs for 40 requests a minute
  $ tetri capacity --rate 40 --policy horizon,tetriserve,edf --chart capacity.svg
  $ tetri capacity --trace arrivals.csv --target 0.99 --domain-size 8 --max-gpus 128`;

/** `tetri capacity`: how many GPUs a workload needs. */
export function addCapacityCommand(program: Command, io: CliIo, exit: (code: number) => void): void {
  const command = program
    .command('capacity')
    .description(
      'Find the fewest GPUs on which a policy meets enough deadlines of a workload, for one policy or several.',
    )
    .option('--target <share>', 'the share of deadlines to be met, above 0, at most 1', share, 0.95)
    .addOption(policiesOption())
    .option('--jobs <n>', 'worker threads (default: one for each core)', wholeNumber(1, 1024))
    .optionsGroup('Cluster:')
    .addOption(profileOption())
    .option('--domain-size <n>', 'GPUs of an NVLink domain, which no request runs across', wholeNumber(1, 4096), 8)
    .option(
      '--max-gpus <n>',
      'try powers of two below a domain, then whole domains, up to this',
      wholeNumber(1, 4096),
      64,
    )
    .addOption(
      new Option('--gpus <n,...>', 'try these counts instead, ascending, with commas')
        .argParser(ascendingNumbers(1, 4096))
        .conflicts('maxGpus'),
    );
  addWorkloadOptions(command)
    .addOption(
      new Option('--seeds <n>', 'draw so many workloads, of seeds 1, 2 and so on; what counts is all of them together')
        .argParser(wholeNumber(1, 1000))
        .default(3)
        .conflicts('trace'),
    )
    .optionsGroup('Output:')
    .option(
      '--chart <file>',
      'draw attainment by GPU count as SVG; needs the package echarts: npm install echarts',
      fileName,
    )
    .option('--json', 'print what was found, and all that was tried, as JSON')
    .addHelpText('after', help)
    .action(async (flags: CapacityFlags) => {
      checkTraceOptions(command);
      exit(await capacity(flags, flags.jobs ?? availableParallelism(), io));
    });
}

/** Above 0: the smallest target that a workload of a million requests can tell from none. */
const share = decimalNumber(0.000001, 1);
