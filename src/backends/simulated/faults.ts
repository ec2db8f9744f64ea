import { positive, whole } from '../../model/check.js';
import type { BackendEvent } from '../contract/index.js';
import type { ChunkFailure, FaultTarget, FinishFailure, WaitingFaults } from './waiting-faults.js';
import type { GpuConditions } from './gpu-conditions.js';
import type { CallInProgress, Fault } from './job.js';

/**
 * What can be made to go wrong. Methods that name a GPU throw `TetriError` `unknown-gpu` for one that the cluster does not have.
 */
export interface SimulatedFaults {
  /**
   * Lets a `run` that is called from now on fail with `chunk-failed`; each call of this method is for one of them.
   *
   * @throws `TetriError` `invalid-type`, `out-of-range` unless `afterSteps` is a whole number of at least 0
   */
  failNextChunk(failure?: ChunkFailure): void;
  /** Lets a `prepare` that is called from now on fail with `chunk-failed`, when the encoding is over; for one of them. */
  failNextPrepare(failure?: FaultTarget): void;
  /** Lets a `finish` that is called from now on fail with `chunk-failed`, when the decoding is over; for one of them. */
  failNextFinish(failure?: FinishFailure): void;
  /**
   * Takes a GPU away: what runs or waits on it rejects with `gpu-lost`, and so do calls for it until it is restored. Reports the
   * event `gpu-lost`. Does nothing if it is lost already, or the backend is not open.
   *
   * @param loss - `state`: what is left of the requests whose calls it ends. Default `intact`, with the steps completed;
   * nothing is ever left of an encoding.
   */
  loseGpu(gpu: number, loss?: { readonly state?: 'intact' | 'lost' }): void;
  /** Brings a lost GPU back, and reports the event `gpu-back`. Does nothing if it is not lost. */
  restoreGpu(gpu: number): void;
  /**
   * Lets a `run` that is called from now on stall when its turn comes: it makes no progress and gives no answer, not even to an
   * abort, until `unstall` of one of its GPUs, until it is ended by a fault, or until a member is released or the backend closed.
   */
  stallNextChunk(target?: FaultTarget): void;
  /** Stalls a GPU, with every call that is or comes to its turn there, until `unstall` or the loss of the GPU. */
  stall(gpu: number): void;
  /** Ends all stalls on a GPU. What stalled goes on where it was. */
  unstall(gpu: number): void;
  /**
   * Slows a GPU down: chunks that begin from now on and have it in their group, moving included, take `factor` times as long; of several
   * slow GPUs the slowest counts.
   *
   * @param factor - above 0; 1 is as fast as ever
   * @throws `TetriError` `invalid-type`, `out-of-range`
   */
  slowGpu(gpu: number, factor: number): void;
  /**
   * Loses everything: calls in progress and calls from now on reject with `backend-lost`, no state is left, and the event `lost` is
   * reported. After `open` all GPUs are there again, and none stalls. Does nothing if the backend is not open.
   *
   * @param detail - for people
   */
  die(detail?: string): void;
}

/** What faults work on. */
export interface FaultContext {
  readonly gpus: GpuConditions;
  readonly calls: ReadonlySet<CallInProgress>;
  readonly waiting: WaitingFaults;
  readonly isOpen: () => boolean;
  /** Tells the listener. */
  readonly report: (event: BackendEvent) => void;
  /** Ends everything, and whatever comes until the backend is opened again. */
  readonly lose: (detail: string) => void;
}

/** Ends calls by an error; the latest first, so that none comes to its turn just to be ended. */
export function failCalls(calls: Iterable<CallInProgress>, fault: Fault): void {
  for (const call of [...calls].reverse()) call.fail(fault);
}

export function createFaults(context: FaultContext): SimulatedFaults {
  const { gpus, calls, waiting } = context;
  const callsOn = (gpu: number): CallInProgress[] => [...calls].filter((call) => call.gpus.includes(gpu));

  return {
    failNextChunk(failure = {}) {
      if (failure.afterSteps !== undefined) whole(failure.afterSteps, 'afterSteps', 0);
      waiting.chunks.add(failure);
    },
    failNextPrepare: (failure = {}) => waiting.encodings.add(failure),
    failNextFinish: (failure = {}) => waiting.decodings.add(failure),
    loseGpu(gpu, { state = 'intact' } = {}) {
      gpus.check(gpu);
      if (!context.isOpen() || gpus.lost.has(gpu)) return;
      const message = `GPU ${gpu} was lost`;
      gpus.lost.add(gpu);
      gpus.stalled.delete(gpu);
      failCalls(callsOn(gpu), { code: 'gpu-lost', message, state, cut: 'gpu-lost', gpus: [gpu] });
      context.report({ type: 'gpu-lost', gpu, detail: message });
    },
    restoreGpu(gpu) {
      gpus.check(gpu);
      if (gpus.lost.delete(gpu)) context.report({ type: 'gpu-back', gpu });
    },
    stallNextChunk: (target = {}) => waiting.stalls.add(target),
    stall(gpu) {
      gpus.check(gpu);
      gpus.stalled.add(gpu);
      for (const call of callsOn(gpu)) call.stall();
    },
    unstall(gpu) {
      gpus.check(gpu);
      gpus.stalled.delete(gpu);
      for (const call of callsOn(gpu)) call.unstall();
    },
    slowGpu(gpu, factor) {
      gpus.check(gpu);
      gpus.slow.set(gpu, positive(factor, 'factor'));
    },
    die(detail = 'the backend died') {
      if (!context.isOpen()) return;
      gpus.lost.clear();
      gpus.stalled.clear();
      context.lose(detail);
      context.report({ type: 'lost', detail });
    },
  };
}
