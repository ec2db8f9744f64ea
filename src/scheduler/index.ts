/**
 * The live scheduler, and the core inside it that decides without clocks or I/O.
 *
 * @packageDocumentation
 */

// What serves requests.
export { createScheduler } from './live/create-scheduler.js';
export type { ReconnectOptions, SchedulerOptions } from './live/options.js';
export type { Scheduler, SubmitOptions, SubmittedRequest } from './live/scheduler.js';
export type { RequestHandle } from './live/handle.js';
export type { RequestOutcome } from './live/outcome.js';
export type { RequestProgress } from './live/progress.js';
export { systemClock, type Clock } from '../clock/index.js';

// What accepted requests are written down in. The journal in a file has an entry point of its own.
export { memoryJournal } from './journal/index.js';
export type { Journal, JournalContents, JournalRecord } from './journal/index.js';

// What is counted and measured. The adapters have entry points of their own.
export { memoryMetrics, metricCatalog } from '../metrics/index.js';
export type {
  CounterName,
  GaugeName,
  GaugeReading,
  HistogramName,
  HistogramSummary,
  MemoryMetrics,
  MetricDescription,
  MetricLabels,
  MetricName,
  MetricValue,
  MetricsSink,
} from '../metrics/index.js';

// What decides: events in, commands out.
export {
  createSchedulerCore,
  restoreSchedulerCore,
  type SchedulerCore,
  type SchedulerCoreOptions,
} from './core/scheduler-core.js';
export type { AdmissionOptions, SchedulerLimits } from './core/admission-options.js';
export type { Quote } from './core/quote.js';
export type { StepCorrection } from '../profile/index.js';
export type { GpuStatus, SchedulerStatus } from './core/status.js';
export type { RequestStateAfterFailure, SchedulerEvent } from './core/events.js';
export type { SchedulerCommand } from './core/commands.js';
export type { SchedulerSnapshot } from './core/snapshot.js';
