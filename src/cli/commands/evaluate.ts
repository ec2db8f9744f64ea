import { Option, type Command } from 'commander';
import { availableParallelism } from 'node:os';
import { defaultGrid, parseGrid, type EvaluationGrid } from '../../simulation/evaluation/index.js';
import { fileName, wholeNumber } from '../arguments.js';
import type { CliIo } from '../cli-io.js';
import { evaluate } from '../evaluate/evaluate.js';
import { outFolder } from '../evaluate/out-folder.js';
import { readJson } from '../files.js';
import { parseInput } from '../input-error.js';

/** The options of `tetri evaluate`, as commander hands them over. */
interface EvaluateFlags {
  readonly grid?: string;
  readonly out: string;
  readonly jobs?: number;
  readonly printGrid?: true;
  readonly redraw?: true;
}

const help = `
Ctrl-C stops it; the same command goes on from there. DIR.md is the report; in
DIR are its figures and results.json. It needs the package echarts, and highs
for grids with bounds: npm install echarts highs

Examples:
  $ tetri evaluate                                  the built-in grid: the paper's evaluation, on two profiles
  $ tetri evaluate --print-grid > grid.json         ... as a start for one's own
  $ tetri evaluate --grid grid.json --out mine`;

/** `tetri evaluate`: grids of simulations, and a report with charts. */
export function addEvaluateCommand(program: Command, io: CliIo, exit: (code: number) => void): void {
  program
    .command('evaluate')
    .description('Run a grid of simulations on all cores, check them, and write a report with charts.')
    .option('--grid <file>', 'what to run, as JSON; docs/data.md has its fields (default: the built-in grid)', fileName)
    .option('--out <dir>', 'where results and figures go; the report stands beside it', outFolder, 'evaluation')
    .option('--jobs <n>', 'worker threads (default: one for each core)', wholeNumber(1, 1024))
    .option('--redraw', 'run nothing: make the report anew from results.json, whatever code made that')
    .addOption(new Option('--print-grid', 'print the built-in grid and end').conflicts('grid'))
    .addHelpText('after', help)
    .action(async ({ grid: file, out, jobs = availableParallelism(), printGrid, redraw }: EvaluateFlags) => {
      if (printGrid) {
        io.stdout.write(`${JSON.stringify(defaultGrid, null, 2)}\n`);
        return;
      }
      const command = ['tetri evaluate', ...(file === undefined ? [] : ['--grid', file]), '--out', out].join(' ');
      exit(await evaluate({ grid: readGrid(file), out, jobs, command, isRedraw: redraw === true }, io));
    });
}

function readGrid(file: string | undefined): EvaluationGrid {
  if (file === undefined) return parseGrid(defaultGrid);
  const value = readJson(file);
  return parseInput(file, () => parseGrid(value));
}
