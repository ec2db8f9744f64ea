import type { Assignment, Cluster, CompleteRequest, RoundPlan } from '../../model/index.js';
import type { Policy } from '../../policies/index.js';
import type { Profile } from '../../profile/index.js';
import type { RoundInput } from '../../rounds/index.js';
import type { SchedulerCommand } from './commands.js';

/** A request between its submission and its end. */
export interface TrackedRequest {
  readonly request: CompleteRequest;
  /** `waiting` for GPUs, `running` a chunk, `undecoded` with all steps done and no GPU to decode on, `decoding`. */
  phase: 'waiting' | 'running' | 'undecoded' | 'decoding';
  stepsDone: number;
  encoded: boolean;
  lastGpus: readonly number[];
  /** Taken back by its client; it ends as soon as its GPUs are released. */
  cancelled: boolean;
  /** The most steps that were ever done. */
  furthestStep: number;
  /** Failures since then. */
  failures: number;
}

/** A GPU and what it does. */
export interface TrackedGpu {
  readonly id: number;
  readonly domain: number;
  lost: boolean;
  /** The chunk that runs on it. */
  chunkId: number | null;
  /** The requests that are being decoded on it. */
  decoding: string[];
  /** When it is expected to be free, in ms; meaningless while it is free. */
  busyUntilMs: number;
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
  aborting: boolean;
}

/** All that a scheduler core remembers. */
export interface CoreState {
  /** The time of the last event, in ms. */
  nowMs: number;
  readonly requests: Map<string, TrackedRequest>;
  readonly gpus: Map<number, TrackedGpu>;
  readonly chunks: Map<number, TrackedChunk>;
  /** Assignments of the last plan whose GPUs are not all free yet. */
  pending: readonly Assignment[];
  /** When the last plan wants to be replaced at the latest, in ms; `null` if no round is open. */
  roundEndMs: number | null;
  /** The length of that round, in ms. */
  roundMs: number;
  nextChunkId: number;
}

/** What a scheduler core is made with; it never changes. */
export interface CoreSettings {
  readonly profile: Profile;
  readonly policy: Policy;
  readonly maxFailures: number;
  readonly onPlan: ((input: RoundInput, plan: RoundPlan) => void) | undefined;
}

/** A turn of the core: state to change, settings to read, commands to fill. */
export interface Turn {
  readonly state: CoreState;
  readonly settings: CoreSettings;
  readonly commands: SchedulerCommand[];
  /** Whether something happened that a plan could depend on. */
  changed: boolean;
}

/** The state of a core that has seen nothing yet. */
export function initialState(cluster: Cluster): CoreState {
  return {
    nowMs: -Infinity,
    requests: new Map(),
    gpus: new Map(
      cluster.gpus.map(({ id, domain }) => [
        id,
        { id, domain, lost: false, chunkId: null, decoding: [], busyUntilMs: 0 },
      ]),
    ),
    chunks: new Map(),
    pending: [],
    roundEndMs: null,
    roundMs: 0,
    nextChunkId: 1,
  };
}

/** Whether a GPU can start something now. */
export function isFree(gpu: TrackedGpu): boolean {
  return !gpu.lost && gpu.chunkId === null && gpu.decoding.length === 0;
}
