/** Evaluations made readable: text, tables and charts from results. */
export { evaluationReport, type EvaluationReport } from './report.js';
export type { ChartOption } from './chart-option.js';
export { capacityChart } from './capacity-chart.js';
export { titled } from './titled.js';
