import type { Profile } from '@tetri/scheduler';
import type { Backend } from '@tetri/scheduler/backends';
import type { EngineKind } from './engine-kind.js';

/** What a picture is generated from. */
export interface ImagePayload {
  readonly prompt: string;
  /** Of the initial noise: the same seed gives the same picture. */
  readonly seed: number;
  readonly [field: string]: unknown;
}

/** A picture file. */
export interface Picture {
  /** Such as `image/png`. */
  readonly contentType: string;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** The file. */
  readonly bytes: Uint8Array;
}

/** What generates: a backend, and what its steps cost. */
export interface ImageEngine {
  readonly kind: EngineKind;
  readonly profile: Profile;
  /** GPUs of its largest domain. */
  readonly gpus: number;
  readonly backend: Backend<ImagePayload, Picture>;
  /**
   * A rough picture of a request that is not done, for clients that asked for partial images; `part` of the steps are done, from 0 to
   * 1. Without it there are none.
   */
  readonly preview?: (payload: ImagePayload, shape: string, part: number) => Promise<Picture>;
}
