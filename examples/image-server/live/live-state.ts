import type { EngineKind } from '../engines/engine-kind.js';

/** What `GET /live` tells the page, again and again: all that is to be seen at one moment. */
export interface LiveState {
  /** The scheduler's clock, ms. All other times are on it. */
  nowMs: number;
  server: {
    model: string;
    accelerator: string;
    policy: string;
    backend: EngineKind;
    draining: boolean;
  };
  /** Ascending by id. */
  gpus: { id: number; domain: number; state: 'busy' | 'held' | 'idle' | 'excluded' | 'lost'; slowdown: number }[];
  /** Who runs where now. A GPU is in one group at most. */
  groups: { requestIds: string[]; gpus: number[]; degree: number; stage: 'preparing' | 'running' | 'decoding' }[];
  /** Unfinished requests, earliest deadline first. */
  requests: {
    id: string;
    prompt: string;
    shape: string;
    steps: number;
    stepsDone: number;
    gpus: number[];
    status: 'queued' | 'preparing' | 'running' | 'decoding';
    arrivalMs: number;
    deadlineMs: number;
    /** What is left until the deadline beyond the fastest way to finish, ms; negative: it will be late. */
    slackMs: number;
  }[];
  /** Since the start. `onTime` of `completed`. SLO attainment counts refused and failed ones as missed; cancelled ones do not count. */
  ended: { completed: number; onTime: number; failed: number; cancelled: number; refused: number };
  /** From 0 to 1; null before anything ended. */
  sloAttainment: number | null;
  /** Of the last 60 points in time, one each second, for a small chart. */
  history: { atMs: number; sloAttainment: number | null; waiting: number; busyGpus: number }[];
  /** Newest first, at most 12, and those only that can be fetched. */
  pictures: {
    id: string;
    requestId: string;
    prompt: string;
    shape: string;
    url: string;
    latencyMs: number;
    onTime: boolean;
  }[];
}
