import type { ProfileSource } from '../../profile/index.js';
import {
  canonicalJson,
  expandExperiment,
  type Cell,
  type CellResult,
  type EvaluationGrid,
  type Experiment,
} from '../../simulation/evaluation/index.js';
import { chartOption, type ChartOption } from './chart-option.js';
import type { Figure } from './figure.js';
import { figureTable } from './figure-table.js';
import { limits } from './limits.js';
import { makeFigure } from './make-figure.js';
import { codeSpan, escaped, linkTarget } from './markdown.js';
import type { Outcome } from './measures.js';
import { titled } from './titled.js';

/** What a reader has to know of a profile. */
export interface ReportProfile {
  readonly model: string;
  readonly accelerator: string;
  readonly source: ProfileSource;
}

/** What a report is made of. */
export interface EvaluationReportOptions {
  readonly grid: EvaluationGrid;
  /** What became of each cell, by its canonical JSON. Cells that are missing or failed are left out of the means, and said to be. */
  readonly results: ReadonlyMap<string, CellResult>;
  /** By the name that the grid uses. */
  readonly profiles: ReadonlyMap<string, ReportProfile>;
  /** What made the results, to be run again. */
  readonly command: string;
  /** The version of the package that made them. */
  readonly version: string;
  /** Where figures stand, relative to the text; empty, or ended by a slash. */
  readonly figureFolder: string;
  /** Renders a chart as SVG. */
  readonly draw: (chart: ChartOption) => string;
}

/** A report, to be written to files. */
export interface EvaluationReport {
  readonly markdown: string;
  /** SVG by file name. */
  readonly figures: ReadonlyMap<string, string>;
}

/** Text and figures from results: a function of its argument, the same each time. */
export function evaluationReport(options: EvaluationReportOptions): EvaluationReport {
  const { grid, command, version, profiles, figureFolder, draw } = options;
  const figures = new Map<string, string>();
  const sections = grid.experiments.map((experiment) => {
    const { outcomes, gaps } = outcomesOf(experiment, options.results);
    const parts = experiment.charts.map((chart, index) => {
      // An id holds no underscore, so that no other experiment can mean the same file.
      const name = `${experiment.id}${index === 0 ? '' : `_${index + 1}`}.svg`;
      const figure = makeFigure(chart, experiment, outcomes);
      if (figure.panels.length === 0) return '_There is no result to draw._\n';
      figures.set(name, titled(draw(chartOption(figure, experiment.title)), experiment.title));
      const note = axisNote(figure, chart.show === 'planning');
      return [
        `![${escaped(experiment.title)}](${linkTarget(`${figureFolder}${name}`)})`,
        '',
        [caption(experiment, profiles.get(experiment.profile)!), ...note, `Made by ${codeSpan(command)}.`].join(' '),
        '',
        `<details>\n<summary>The numbers: mean over seeds ± half of the 95 % confidence interval</summary>\n`,
        `${figureTable(figure)}\n</details>`,
        '',
      ].join('\n');
    });
    const about = experiment.about === '' ? [] : [`${experiment.about}\n`];
    return [`## ${escaped(experiment.title)}\n`, ...about, ...gaps, ...parts].join('\n');
  });
  const comment = `<!-- Written by ${command.replaceAll('-->', '-- >')}; changes by hand are lost. -->`;
  const head = `# ${escaped(grid.title)}\n\n${comment}\n`;
  return { markdown: [head, intro(command, version), ...sections, limits].join('\n'), figures };
}

/** The runs of an experiment that have results, and paragraphs that say how many have none. */
function outcomesOf(
  experiment: Experiment,
  results: ReadonlyMap<string, CellResult>,
): { readonly outcomes: readonly Outcome[]; readonly gaps: readonly string[] } {
  const find = (cell: Cell): CellResult | undefined => results.get(canonicalJson(cell));
  const runs = expandExperiment(experiment);
  const outcomes = runs.flatMap((run): Outcome[] => {
    const result = find(run.cell);
    const bound = run.bound && find(run.bound);
    return result?.kind === 'run' ? [{ ...run, result, bound: bound?.kind === 'bound' ? bound : undefined }] : [];
  });
  // Policies share a bound.
  const bounds = new Set(runs.flatMap(({ bound }) => (bound === undefined ? [] : canonicalJson(bound))));
  const boundCount = [...bounds].filter((cell) => results.get(cell)?.kind === 'bound').length;
  const gaps = [...gap('runs', outcomes.length, runs.length), ...gap('bounds', boundCount, bounds.size)];
  return { outcomes, gaps };
}

function gap(what: string, count: number, of: number): readonly string[] {
  return count === of ? [] : [`**${of - count} of ${of} ${what} have no result and are left out.**\n`];
}

function intro(command: string, version: string): string {
  return [
    `What the policies of this package reach on simulated GPUs, version ${version}. ${codeSpan(command)} runs it all again, and writes this page, its`,
    'figures, and `results.json`, from which they follow. Every run went through the scheduler core that serves real requests, every plan and',
    'every run was checked by `validatePlan()` and `validateRun()`, and one that broke a rule would not be counted.',
    '',
    'Points and bars are means over the seeds that are named; whiskers are 95 % confidence intervals of the mean (Student’s t over seeds), and',
    'a point of one seed has none. Student’s t does not know that a share ends at 0 and 100 %: an interval in a table may reach further, where',
    'its whisker is cut. For one seed all policies are given the very same requests, so that their differences are steadier than the intervals',
    'suggest. _Bound_ is `offlineBound()`: a linear program that knows the future, and that no scheduler can pass.',
    '',
  ].join('\n');
}

/** What was run, and where its step times come from. */
function caption(experiment: Experiment, { model, accelerator, source }: ReportProfile): string {
  const { requests, steps, arrivals, rates, slo, gpus, seeds, domainSize } = experiment;
  const unit = {
    'per-minute': 'a minute',
    'per-minute-and-gpu': 'a minute and GPU',
    load: 'times what the GPUs can do',
  };
  const by = source.by === undefined ? '' : ` by ${escaped(source.by)}`;
  const times =
    source.kind === 'measured'
      ? `Step times were **measured**${by}.`
      : `Step times are **estimated**${by}, not measured.`;
  const deadlines = slo.base === 'paper' ? "the paper's deadlines" : 'the fastest possible latency';
  return [
    `${escaped(model)} on ${gpus.join(', ')} x ${escaped(accelerator)}, domains of ${domainSize}.`,
    times,
    `${requests} requests of ${steps} steps a run, ${arrivals} arrivals, ${rates.values.join(', ')} ${unit[rates.unit]};`,
    `due after ${slo.scales.join(', ')} x ${deadlines}. Seeds ${seeds.join(', ')}.`,
  ].join(' ');
}

function axisNote({ form, isLog }: Figure, isPlanning: boolean): readonly string[] {
  const planning = 'Real time of one machine; it differs from run to run.';
  if (isPlanning) return [planning, ...(isLog ? ['An interval that reaches below the axis is cut there.'] : [])];
  return form === 'lines' ? ['Axes of attainment need not start at 0.'] : [];
}
