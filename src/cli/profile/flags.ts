/** The options of `tetri profile`, as commander hands them over. */
export interface ProfileFlags {
  readonly backend: 'cuda' | 'cpu';
  readonly model: ModelFlag;
  readonly shapes: readonly string[];
  readonly degrees: readonly number[];
  readonly batches: readonly number[];
  readonly steps: number;
  readonly warmup: number;
  /** Default: the largest degree. */
  readonly worldSize?: number;
  readonly python?: string;
  /** Default: the folder's name, or else the adapter's. */
  readonly name?: string;
  /** Default: the processor on the CPU; on GPUs, that it is one. */
  readonly accelerator?: string;
  readonly output: string;
}

/** `--model ADAPTER[:PATH]`. */
export interface ModelFlag {
  readonly adapter: string;
  readonly path?: string;
}
