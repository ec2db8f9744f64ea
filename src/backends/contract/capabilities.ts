/** What a backend can do beyond what every backend must. */
export interface BackendCapabilities {
  /** Requests of a chunk at most; 1 for no batches. */
  readonly maxBatchSize: number;
  /** Whether `run` tells of every step. */
  readonly reportsSteps: boolean;
  /** Whether an abort takes effect at the next step boundary; otherwise a chunk runs to its end. */
  readonly abortsChunks: boolean;
  /**
   * Whether the completed steps of a request survive a chunk that fails by an error: then such failures carry the state `intact`.
   */
  readonly keepsStateOnFailure: boolean;
  /** Whether GPUs can be lost one by one, and come back, while the others go on. */
  readonly losesGpus: boolean;
  /** Whether `open` can be called again after the event `lost`. */
  readonly reopens: boolean;
}
