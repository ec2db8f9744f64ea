import type { Assignment, Cluster, CompleteRequest } from '../../model/index.js';
import type { StepCorrection } from '../../profile/index.js';

/** A request between its submission and its end. */
export interface TrackedRequest {
  readonly request: CompleteRequest;
  /** `waiting` for GPUs, `running` a chunk, `undecoded` with all steps done and no GPU to decode on, `decoding`. */
  phase: 'waiting' | 'running' | 'undecoded' | 'decoding';
  stepsDone: number;
  encoded: boolean;
  lastGpus: readonly number[];
  /** Taken back by its client, or given up with the scheduler; it ends as soon as its GPUs are released. */
  ending: 'cancelled' | 'closed' | null;
  /** It was in a batch that failed, and nobody knows by whose fault: it runs alone from then on. */
  solo: boolean;
  /** When it is due by its second chance, in ms; `null` without one. */
  secondDeadlineMs: number | null;
  /** The most steps that were ever done. */
  furthestStep: number;
  /** Failures since then. */
  failures: number;
  /** How often it was running since then when its GPUs, the backend or the process died. */
  crashes: number;
  /** What its state takes, in bytes; 0 without a limit on memory. */
  readonly memoryBytes: number;
  /** When its decoding is expected to end, in ms; meaningless unless it is being decoded. */
  decodeEndMs: number;
  /** When its decoding was told to stop, because it should have ended long ago. */
  decodeStoppedMs: number | null;
}

/** A GPU and what it does. */
export interface TrackedGpu {
  readonly id: number;
  readonly domain: number;
  lost: boolean;
  /** The chunk that runs on it. */
  chunkId: number | null;
  /** The requests that are being decoded on it. */
  decoding: readonly string[];
  /** When it is expected to be free, in ms; meaningless while it is free. */
  busyUntilMs: number;
  /** Of its last chunks, how long the steps of each took over what was expected, oldest first. */
  ratios: readonly number[];
  /** Chunks of different requests that failed on it in a row. */
  failedChunks: number;
  /** The request of the last of them, while it is alive. */
  failedRequest: string | null;
  /**
   * `good`; `suspect`: used alone only, so that it shows whether it is the slow one of its groups; `excluded`: not used at all where
   * others can do.
   */
  health: 'good' | 'suspect' | 'excluded';
  /** Until when it is excluded, in ms; meaningless otherwise. */
  excludedUntilMs: number;
  /** How often it was excluded since it was good. */
  exclusions: number;
}

/** A chunk in execution. */
export interface TrackedChunk {
  readonly chunkId: number;
  readonly requestIds: readonly string[];
  readonly gpus: readonly number[];
  readonly steps: number;
  readonly startMs: number;
  /** When it is expected to end, in ms. */
  readonly endMs: number;
  /** Whether it was started ahead of all plans, for a request that starves. */
  readonly ahead: boolean;
  aborting: boolean;
  /** When it was told to stop because it should have ended long ago. */
  stoppedMs: number | null;
}

/** A chunk, or a decoding, that was given up because it never ended. */
export interface Abandoned {
  /** `null` for a decoding. */
  readonly chunkId: number | null;
  /** GPUs that are taken for lost until it ends after all. */
  readonly gpus: readonly number[];
}

/** All that a scheduler core remembers. */
export interface CoreState {
  /** The time of the last event, in ms. */
  nowMs: number;
  readonly requests: Map<string, TrackedRequest>;
  readonly gpus: Map<number, TrackedGpu>;
  readonly chunks: Map<number, TrackedChunk>;
  abandoned: readonly Abandoned[];
  /** Assignments of the last plan whose GPUs are not all free yet. */
  pending: readonly Assignment[];
  /** When the last plan wants to be replaced at the latest, in ms; `null` if no round is open. */
  roundEndMs: number | null;
  /** The length of that round, in ms. */
  roundMs: number;
  nextChunkId: number;
  /** Why new requests are refused; `null` if they are not. */
  refusing: 'draining' | 'backend-lost' | null;
  /** When the next request may be given a second chance, in ms. */
  nextChanceMs: number;
  /** What observation says of step times, by shape and degree. */
  readonly corrections: Map<string, Map<number, StepCorrection>>;
  /** The earliest time for which a `wake` was asked on behalf of {@link CoreState} itself, not of a plan; `null` if none is due. */
  wakeMs: number | null;
}

/** The state of a core that has seen nothing yet. */
export function initialState(cluster: Cluster): CoreState {
  return {
    nowMs: -Infinity,
    requests: new Map(),
    gpus: new Map(cluster.gpus.map(({ id, domain }) => [id, initialGpu(id, domain)])),
    chunks: new Map(),
    abandoned: [],
    pending: [],
    roundEndMs: null,
    roundMs: 0,
    nextChunkId: 1,
    refusing: null,
    nextChanceMs: -Infinity,
    corrections: new Map(),
    wakeMs: null,
  };
}

function initialGpu(id: number, domain: number): TrackedGpu {
  const idle = { lost: false, chunkId: null, decoding: [], busyUntilMs: 0 };
  return {
    id,
    domain,
    ...idle,
    ratios: [],
    failedChunks: 0,
    failedRequest: null,
    health: 'good',
    excludedUntilMs: 0,
    exclusions: 0,
  };
}

/** A request that was just accepted. */
export function initialRequest(request: CompleteRequest, memoryBytes: number, crashes = 0): TrackedRequest {
  return {
    request,
    phase: 'waiting',
    stepsDone: request.startStep,
    encoded: false,
    lastGpus: [],
    ending: null,
    solo: false,
    secondDeadlineMs: null,
    furthestStep: request.startStep,
    failures: 0,
    crashes,
    memoryBytes,
    decodeEndMs: 0,
    decodeStoppedMs: null,
  };
}

/** A state of its own: what happens to it does not happen to the other. */
export function copyState(state: CoreState): CoreState {
  const copyOf = <K, V extends object>(map: ReadonlyMap<K, V>): Map<K, V> => {
    const copy = new Map<K, V>();
    // Whatever the entries hold is replaced, never changed in place.
    for (const [key, value] of map) copy.set(key, { ...value });
    return copy;
  };
  return {
    ...state,
    requests: copyOf(state.requests),
    gpus: copyOf(state.gpus),
    chunks: copyOf(state.chunks),
    corrections: new Map([...state.corrections].map(([shape, byDegree]) => [shape, new Map(byDegree)])),
  };
}

/** Whether a GPU can start something now. */
export function isFree(gpu: TrackedGpu): boolean {
  return !gpu.lost && gpu.chunkId === null && gpu.decoding.length === 0;
}
