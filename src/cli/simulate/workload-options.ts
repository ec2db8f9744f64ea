import { Option, type Command } from 'commander';
import { decimalNumber, fileName, nameList, wholeNumber } from '../arguments.js';
import { InputError } from '../input-error.js';
import { arrivals } from './arrivals.js';
import { mixes } from './mixes.js';
import { isCsv } from './workload.js';

/** What describes a workload to be drawn, and so is of no account where a file is replayed. */
const drawn = ['workload', 'arrivals', 'rate', 'requests', 'shapes'];
/** What a log as CSV need not say, so that these fill it in. */
const filledIn = ['steps', 'sloBase', 'sloScale'];

/** Adds the options that say which requests arrive, and when they are due. */
export function addWorkloadOptions(command: Command): Command {
  return command
    .optionsGroup('Workload:')
    .addOption(
      new Option('--workload <mix>', 'how often each shape is asked for')
        .choices(Object.keys(mixes))
        .default('uniform'),
    )
    .option(
      '--shapes <ids>',
      'shapes of the mix, with commas (default: the four squares of the paper, or all)',
      nameList,
    )
    .addOption(
      new Option('--arrivals <process>', 'how requests arrive').choices(Object.keys(arrivals)).default('poisson'),
    )
    .option('--rate <per-min>', 'requests a minute, in the mean', decimalNumber(0.001, 1e6), 12)
    .option('--requests <n>', 'how many requests', wholeNumber(0, 100_000), 300)
    .option('--steps <n>', 'denoising steps a request', wholeNumber(1, 10_000), 28)
    .addOption(
      new Option(
        '--slo-base <rule>',
        'how deadlines are set: as in the paper, or by the fastest possible latency (default: paper where it can be met)',
      ).choices(['paper', 'fastest']),
    )
    .option('--slo-scale <x>', 'deadlines times this (default: 1 for paper, 2 for fastest)', decimalNumber(0.001, 1000))
    .addOption(
      new Option(
        '--trace <file>',
        'replay the requests of a JSON or CSV file instead; --steps and --slo-* fill in what a CSV file does not say',
      )
        .argParser(fileName)
        .conflicts(drawn),
    );
}

/**
 * A trace as JSON says all there is to its requests: sees that nothing else was asked for.
 *
 * @throws `InputError` that names the option
 */
export function checkTraceOptions(command: Command): void {
  const file: unknown = command.getOptionValue('trace');
  if (typeof file !== 'string' || isCsv(file)) return;
  const name = filledIn.find((option) => command.getOptionValueSource(option) === 'cli');
  if (name === undefined) return;
  const { flags } = command.options.find((option) => option.attributeName() === name)!;
  throw new InputError(`option '--trace <file>' cannot be used with option '${flags}'`);
}
