import { Option, type Command } from 'commander';
import { fileName, nameList, wholeNumber, wholeNumbers } from '../arguments.js';
import type { CliIo } from '../cli-io.js';
import { createBackendOf } from '../profile/create-backend.js';
import type { ProfileFlags } from '../profile/flags.js';
import { measurePlanOf } from '../profile/measure-plan.js';
import { measureToFile } from '../profile/measure-to-file.js';
import { modelFlag } from '../profile/model-flag.js';
import { readSurroundings } from '../profile/surroundings.js';

const help = `
--backend, --model, --shapes, --degrees and --output are needed. A degree or
batch that the model cannot do is left out, with a line that says why. Ctrl-C
closes the workers, and writes nothing.

Examples:
  $ tetri profile --backend cuda --model flux:/models/flux.1-dev --shapes 512x512,1024x1024 --degrees 1,2,4,8
      --accelerator "NVIDIA H100 SXM (NVLink)" -o flux.json
  $ tetri profile --backend cpu --model tiny-flux --shapes 64x64,128x128 --degrees 1,2 -o tiny.json
  $ tetri simulate --profile flux.json`;

/** `tetri profile`: step times, measured on workers, in a file that `--profile` takes. */
export function addProfileCommand(program: Command, io: CliIo, exit: (code: number) => void): void {
  program
    .command('profile')
    .description('Measure what the steps of a model cost on this machine, and write it as a step-time profile.')
    .addOption(new Option('--backend <device>', 'where it runs').choices(['cuda', 'cpu']).makeOptionMandatory())
    .requiredOption('--model <adapter[:path]>', 'the kind of model, and the local folder with its weights', modelFlag)
    .requiredOption('--shapes <ids>', 'shapes, with commas', nameList)
    .requiredOption('--degrees <n,...>', 'sequence-parallel degrees, with commas', wholeNumbers(1, 1024))
    .option('--batches <n,...>', 'requests of a chunk, with commas; 1 is always measured', wholeNumbers(1, 1024), [1])
    .option('--steps <n>', 'steps that are timed, for each shape, degree and batch', wholeNumber(1, 10_000), 20)
    .option('--warmup <n>', 'steps before them that are not', wholeNumber(0, 10_000), 4)
    .option('--world-size <n>', 'workers, one for each GPU (default: the largest degree)', wholeNumber(1, 1024))
    .option('--python <file>', 'the Python that runs the workers', fileName)
    .option('--name <text>', 'how the profile calls the model (default: the name of the folder, or the adapter)')
    .option('--accelerator <text>', 'how it calls the GPU (default: the processor on the CPU, else "CUDA GPU")')
    .requiredOption('-o, --output <file>', 'the file to write', fileName)
    .addHelpText('after', help)
    .action(async (flags: ProfileFlags) => {
      const plan = measurePlanOf(flags, readSurroundings());
      const onLog = (line: string): void => {
        if (io.debug) io.stderr.write(`${line}\n`);
      };
      exit(await measureToFile(plan, flags.output, () => createBackendOf(flags, onLog), io));
    });
}
