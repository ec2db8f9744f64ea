/** One executed chunk: the line of a run log. */
export interface ChunkRecord {
  /** The request, or the members of a batch. */
  readonly requestIds: readonly string[];
  /** The GPUs that were held; the first one did the work of `encode` and `decode`. */
  readonly gpus: readonly number[];
  /** `gpus.length`. */
  readonly degree: number;
  /** Start, in ms. A change of degree or GPUs is paid inside the chunk. */
  readonly startMs: number;
  /** End, in ms. */
  readonly endMs: number;
  /** Denoising steps that were completed for every member; 0 for `encode`, `decode` and chunks that were lost. */
  readonly steps: number;
  /** The step index each member started from, aligned with `requestIds`. Absent unless the stage is `denoise`. */
  readonly fromSteps?: readonly number[];
  /** What was done. Default `denoise`. */
  readonly stage?: 'encode' | 'denoise' | 'decode';
  /**
   * Why it ended before all its steps were done: `cancelled` (stopped at a step boundary) or `gpu-lost`. Absent for a chunk
   * that ran to its end.
   */
  readonly cut?: 'cancelled' | 'gpu-lost';
}

/** What was executed, in order of end; NDJSON on disk. */
export type RunLog = readonly ChunkRecord[];

/**
 * How a request of the trace ended.
 *
 * | status | meaning |
 * |---|---|
 * | `completed` | all steps and decoding done at `endMs` |
 * | `cancelled` | by its client, at `endMs` |
 * | `failed` | given up at `endMs`, see `reason` |
 * | `refused` | at `endMs`, see `reason`; it was never accepted |
 * | `unfinished` | still alive when nothing more could happen |
 */
export interface RequestRecord {
  /** A request of the trace. */
  readonly requestId: string;
  /** How it ended: see the table. */
  readonly status: 'completed' | 'cancelled' | 'failed' | 'refused' | 'unfinished';
  /** When it ended, in ms; `null` if `unfinished`. */
  readonly endMs: number | null;
  /** Completed no later than its deadline. */
  readonly onTime: boolean;
  /** Why, if `failed` or `refused`. */
  readonly reason?: string;
}
