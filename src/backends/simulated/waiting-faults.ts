/** Which call a fault is for. */
export interface FaultTarget {
  /** The next call with this request. Default: the next call. */
  readonly requestId?: string;
}

/** How a chunk fails. */
export interface ChunkFailure extends FaultTarget {
  /** Steps that it completes before; it fails at the end of the step that follows, or after its last one. Default 0. */
  readonly afterSteps?: number;
  /** What is left of its requests. Default `intact`, with the steps completed. */
  readonly state?: 'intact' | 'lost';
  /** Whether the error says whose fault it is: that of `requestId`, otherwise of the first member. Default `false`. */
  readonly blame?: boolean;
}

/** How decoding fails. */
export interface FinishFailure extends FaultTarget {
  /** What is left of the request. Default `intact`. */
  readonly state?: 'intact' | 'lost';
}

/** Faults of one kind that wait for the calls that they are for, one each. */
export interface Waiting<Fault extends FaultTarget> {
  add(fault: Fault): void;
  /** The first one for a call with these requests, which then waits no longer. */
  take(requestIds: readonly string[]): Fault | undefined;
}

/** All faults that wait for calls. */
export interface WaitingFaults {
  readonly chunks: Waiting<ChunkFailure>;
  readonly stalls: Waiting<FaultTarget>;
  readonly encodings: Waiting<FaultTarget>;
  readonly decodings: Waiting<FinishFailure>;
}

export function createWaitingFaults(): WaitingFaults {
  return { chunks: createWaiting(), stalls: createWaiting(), encodings: createWaiting(), decodings: createWaiting() };
}

function createWaiting<Fault extends FaultTarget>(): Waiting<Fault> {
  const faults: Fault[] = [];
  return {
    add(fault) {
      faults.push(fault);
    },
    take(requestIds) {
      const index = faults.findIndex(({ requestId }) => requestId === undefined || requestIds.includes(requestId));
      return index < 0 ? undefined : faults.splice(index, 1)[0];
    },
  };
}
