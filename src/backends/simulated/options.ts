import type { Clock } from '../../clock/index.js';
import type { Cluster } from '../../model/index.js';
import type { Profile } from '../../profile/index.js';
import type { Backend } from '../contract/index.js';
import type { SimulatedChunkRecord } from './chunk-record.js';
import type { ExecutionModelOptions } from './execution-model.js';
import type { SimulatedFaults } from './faults.js';

/** What the simulated GPUs are like. */
export interface SimulatedBackendOptions extends Pick<ExecutionModelOptions, 'switchMs' | 'noise'> {
  /** What encoding, steps and decoding cost. */
  readonly profile: Profile;
  /** The GPUs to simulate. */
  readonly cluster: Cluster;
  /** What time passes on. Default: the time of the system. */
  readonly clock?: Clock;
  /** Requests of a chunk at most, at least 1. Default: the largest batch of the profile. */
  readonly maxBatchSize?: number;
  /**
   * Requests that make every chunk fail that they are in, by their payload: at the end of its first step, with the state of all
   * members intact. Default: none.
   */
  readonly isPoisonous?: (payload: unknown) => boolean;
  /** Whether the errors of such chunks name the poisonous members. Default `true`. */
  readonly blames?: boolean;
  /** Told of everything that was executed, in order of end, right after the call was answered. */
  readonly onChunk?: (record: SimulatedChunkRecord) => void;
}

/** What `finish` delivers: what was asked for. It is the same whatever GPUs, degrees, batches and failures led to it. */
export interface SimulatedArtifact {
  /** Shape id, as it was given to `prepare`. */
  readonly shape: string;
  /** Denoising steps of the whole request. */
  readonly steps: number;
  /** What was given to `prepare`. */
  readonly payload: unknown;
}

/** A backend whose GPUs are not there: it answers as GPUs would, when they would, and fails when it is told to. */
export interface SimulatedBackend extends Backend<unknown, SimulatedArtifact> {
  /** Makes things go wrong. */
  readonly faults: SimulatedFaults;
  /**
   * Request states that it keeps, those included that were released in the middle of a call and end with it. 0 when every request
   * was released.
   */
  held(): number;
}
