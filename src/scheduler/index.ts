/** The scheduler: a core that decides, without clocks or I/O, for shells that act. */
export {
  createSchedulerCore,
  restoreSchedulerCore,
  type SchedulerCore,
  type SchedulerCoreOptions,
} from './core/scheduler-core.js';
export type { AdmissionOptions, SchedulerLimits } from './core/admission.js';
export type { Quote } from './core/quote.js';
export type { GpuStatus, SchedulerStatus } from './core/status.js';
export type { RequestStateAfterFailure, SchedulerEvent } from './core/events.js';
export type { SchedulerCommand } from './core/commands.js';
export type { SchedulerSnapshot } from './core/snapshot.js';
