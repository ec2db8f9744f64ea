import type { BackendErrorCode } from '../contract/index.js';
import type { ChunkCut, Stage } from './chunk-record.js';
import type { PlannedFailure } from './planned-failure.js';
import type { SimulatedState } from './simulated-state.js';
import type { Pace } from './work.js';

/** What a call has to get done: some steps of some requests on some GPUs. Encoding and decoding count as one step. */
export interface Job<Result> {
  readonly stage: Stage;
  readonly members: readonly SimulatedState[];
  readonly gpus: readonly number[];
  readonly steps: number;
  readonly signal: AbortSignal;
  /** How fast it goes if it begins now. Asked once, when it does. */
  readonly pace: (nowMs: number) => Omit<Pace, 'steps'>;
  /** Told of every step that is done. */
  readonly onStep?: ((stepsDone: number) => void) | undefined;
  /** How it is going to fail; `undefined` if it is not. */
  readonly failure: PlannedFailure | undefined;
  /** Whether it is stalled from its beginning. */
  readonly stalled: boolean;
  /** What the call resolves to after so many steps that took so long. */
  readonly result: (stepsDone: number, tookMs: number) => Result;
}

/** A call that has not been answered yet. */
export interface CallInProgress {
  readonly stage: Stage;
  readonly gpus: readonly number[];
  /** Ends it now, by an error. */
  readonly fail: (fault: Fault) => void;
  /** To be called when one of its GPUs stalls. */
  readonly stall: () => void;
  /** To be called when one of its GPUs stalls no longer: then it does so only for another of them. */
  readonly unstall: () => void;
}

/** How a call is ended by an error. */
export interface Fault {
  readonly code: BackendErrorCode;
  readonly message: string;
  readonly state: 'intact' | 'lost';
  readonly cut: ChunkCut;
  /** Whose fault it is; default: not told. */
  readonly requestIds?: readonly string[] | undefined;
  /** The GPUs that are lost; default: none. */
  readonly gpus?: readonly number[];
}

const verbs = { encode: 'encoding', denoise: 'a chunk', decode: 'decoding' };

/** For people, such as `a chunk of r1, r2`. */
export function nameOf({ stage, members }: Pick<Job<unknown>, 'stage' | 'members'>): string {
  return `${verbs[stage]} of ${members.map(({ requestId }) => requestId).join(', ')}`;
}
