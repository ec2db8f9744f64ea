/** The worker is gone, and what it did with it. */
export class WorkerLostError extends Error {
  override readonly name = 'WorkerLostError';
  constructor(
    readonly rank: number,
    detail: string,
  ) {
    super(`worker ${rank}: ${detail}`);
  }
}

/** A worker says that a call failed. */
export class WorkerCallError extends Error {
  override readonly name = 'WorkerCallError';
  /**
   * @param code - as the protocol lists them
   * @param blamed - keys of the states at fault, where that is known
   */
  constructor(
    readonly rank: number,
    readonly code: string,
    detail: string,
    readonly blamed: readonly string[] | undefined,
  ) {
    super(detail);
  }
}

/** A worker could not be started. */
export class WorkerStartError extends Error {
  override readonly name = 'WorkerStartError';
  /** @param code - of the protocol's `fatal`, or `python-missing`, or `worker-failed` */
  constructor(
    readonly rank: number,
    readonly code: string,
    detail: string,
  ) {
    super(detail);
  }
}
