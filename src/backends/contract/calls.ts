/** The argument of `Backend.prepare()`. */
export interface PrepareCall<Payload = unknown> {
  /** A request that has no state yet. */
  readonly requestId: string;
  /** Shape id, such as `"1024x1024"`. */
  readonly shape: string;
  /** Denoising steps of the whole request. */
  readonly steps: number;
  /** The first step to run; above 0 after a cache hit. */
  readonly startStep: number;
  /** What the client passed to `submit()`. */
  readonly payload: Payload;
  /** The GPU to encode on: the first one of the chunk that follows. */
  readonly gpu: number;
  /** Aborts the call; `release` follows. */
  readonly signal: AbortSignal;
}

/** One member of a chunk. */
export interface ChunkMember {
  /** A request that has a state. */
  readonly requestId: string;
  /** The step it starts from: the steps that it has done, skipped ones included. */
  readonly fromStep: number;
}

/** The argument of `Backend.run()`. */
export interface RunCall {
  /** At least one; more than one is a batch of equal shapes, and the backend said that it can do batches. */
  readonly members: readonly ChunkMember[];
  /** Steps for every member, at least 1. */
  readonly steps: number;
  /** The group, all of one domain; the degree is its length. Order has a meaning to the backend at most. */
  readonly gpus: readonly number[];
  /**
   * Tell of every step, where the capabilities say `reportsSteps`: 1 after the first step of the chunk, and so on, in order, and never
   * after the call has ended.
   */
  readonly onStep?: (stepsDone: number) => void;
  /** Asks the chunk to stop at the next step boundary. */
  readonly signal: AbortSignal;
}

/** What `Backend.run()` resolves to. */
export interface RunResult {
  /** Steps that every member completed: those asked for, or fewer after an abort. */
  readonly steps: number;
  /**
   * What these steps took on the GPUs, in ms, moving of latents apart; default: unknown, then the scheduler takes the time between call and
   * answer.
   */
  readonly durationMs?: number;
}

/** The argument of `Backend.finish()`. */
export interface FinishCall {
  /** A request that has done all its steps. */
  readonly requestId: string;
  /** The GPU to decode on. */
  readonly gpu: number;
  /** Aborts the call; the state stays until `release`. */
  readonly signal: AbortSignal;
}
