/** Grids of simulations: what is run, as data; what is kept of each; and the grid that ships with the package. */
export type { Axis, Chart, EvaluationGrid, Experiment, Measure, PolicyChoice, Rates } from './grid.js';
export { parseGrid } from './parse-grid.js';
export { defaultGrid } from './default-grid.js';
export type { BoundCell, Cell, CellWorkload, RunCell } from './cell.js';
export { expandExperiment, expandGrid, isTimed, type ExperimentRun, type Setting } from './expand.js';
export { canonicalJson } from './canonical-json.js';
export { digestRun } from './digest-run.js';
export {
  parseCellResult,
  type BoundResult,
  type CellResult,
  type FailedResult,
  type OverTime,
  type RunResult,
} from './cell-result.js';
export { arrivalsByName, mixesByName, mixOf } from './vocabulary.js';
