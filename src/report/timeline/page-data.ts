/** The stages of a chunk; {@link ChunkColumns.stage} counts in this order. */
export const stages = ['encode', 'denoise', 'decode'] as const;

/**
 * A run as the page gets it: columns in place of objects, since a run may have tens of thousands of chunks. Entry `i` of every
 * column is about the same thing. Times are in ms, to the microsecond.
 */
export interface PageData {
  /** What was run, as pairs of a name and a value. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** In order of domain, then id: the order of the lanes. */
  readonly gpus: { readonly id: readonly number[]; readonly domain: readonly number[] };
  readonly requests: RequestColumns;
  /** Sets of GPUs, each as positions in `gpus`, ascending. */
  readonly groups: readonly (readonly number[])[];
  readonly chunks: ChunkColumns;
}

/** The requests of the trace, and after them those that only the log knows, of which nothing but the id is known. */
export interface RequestColumns {
  readonly id: readonly string[];
  readonly shape: readonly (string | null)[];
  readonly steps: readonly (number | null)[];
  readonly arrivalMs: readonly (number | null)[];
  readonly deadlineMs: readonly (number | null)[];
  readonly completedMs: readonly (number | null)[];
  /** In words: `completed`, `failed: gpu-lost` and so on. */
  readonly ending: readonly string[];
  /** 1 if it was not complete by its deadline, else 0. */
  readonly isLate: readonly (0 | 1)[];
}

/** The chunks, in order of the log. */
export interface ChunkColumns {
  readonly startMs: readonly number[];
  readonly endMs: readonly number[];
  /** Positions in {@link PageData.requests}: one, or the members of a batch. */
  readonly requests: readonly (readonly number[])[];
  /** Position in {@link PageData.groups}. */
  readonly group: readonly number[];
  readonly degree: readonly number[];
  readonly steps: readonly number[];
  /** The step that each member started from; empty if the stage has no steps. */
  readonly fromSteps: readonly (readonly number[])[];
  /** Position in {@link stages}. */
  readonly stage: readonly number[];
  /** Why it ended early; empty if it did not. */
  readonly cut: readonly string[];
}
