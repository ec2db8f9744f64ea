/** Grids of simulations: what is run, as data; what is kept of each; and the grid that ships with the package. */
export type { Axis, Chart, EvaluationGrid, Experiment, PolicyChoice } from './grid.js';
export { parseGrid } from './parse-grid.js';
export { defaultGrid } from './default-grid.js';
export type { Cell, CellWorkload } from './cell.js';
export { expandExperiment, expandGrid, isTimed, type ExperimentRun, type Setting } from './expand.js';
export { canonicalJson } from './canonical-json.js';
export { digestRun } from './digest-run.js';
export { parseCellResult, type BoundResult, type CellResult, type RunResult } from './cell-result.js';
export { arrivalsByName, mixesByName, mixOf } from './vocabulary.js';
