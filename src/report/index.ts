/**
 * Runs made visible: pure functions from a run log to text.
 *
 * @packageDocumentation
 */
export type { ReportOptions } from './report-options.js';
export { chromeTrace } from './chrome-trace.js';
export { timelinePage } from './timeline/index.js';
