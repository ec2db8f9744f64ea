import type { Cluster } from '../model/index.js';
import type { RequestRecord, Trace } from '../simulation/index.js';

/** What a picture of a run needs to know beside the log. */
export interface ReportOptions {
  /** The requests that were served. */
  readonly trace: Trace;
  /** The GPUs: each gets a lane, also one that was never used. Chunks on other GPUs are left out. */
  readonly cluster: Cluster;
  /** How each request ended. Default: complete when its last chunk of the log ended. */
  readonly records?: readonly RequestRecord[];
  /** Facts about the run by their names, such as the policy, to be shown with it. Default none. */
  readonly about?: Readonly<Record<string, unknown>>;
}
