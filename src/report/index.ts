/** Runs made visible: pure functions from a run log to text. */
export { chromeTrace, type ChromeTraceOptions } from './chrome-trace.js';
